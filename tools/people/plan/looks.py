# SPDX-License-Identifier: GPL-3.0-or-later
"""A person's features, colours and clothes, drawn from a seed."""

import colorsys
from typing import Any

import numpy as np

DETAILS = (
    ("nose/nose-width1", "decr", "incr"),
    ("nose/nose-width2", "decr", "incr"),
    ("nose/nose-scale-depth", "decr", "incr"),
    ("nose/nose-hump", "decr", "incr"),
    ("nose/nose-point", "down", "up"),
    ("nose/nose-scale-vert", "decr", "incr"),
    ("mouth/mouth-scale-horiz", "decr", "incr"),
    ("mouth/mouth-upperlip-volume", "decr", "incr"),
    ("mouth/mouth-lowerlip-volume", "decr", "incr"),
    ("chin/chin-width", "decr", "incr"),
    ("chin/chin-height", "decr", "incr"),
    ("chin/chin-prominent", "decr", "incr"),
    ("head/head-scale-horiz", "decr", "incr"),
    ("head/head-fat", "decr", "incr"),
    ("forehead/forehead-scale-vert", "decr", "incr"),
    ("eyebrows/eyebrows-angle", "down", "up"),
)

PAIRED = (
    ("cheek/{}-cheek-bones", "decr", "incr"),
    ("cheek/{}-cheek-volume", "decr", "incr"),
    ("eyes/{}-eye-scale", "decr", "incr"),
    ("eyes/{}-eye-corner1", "down", "up"),
    ("eyes/{}-eye-bag", "decr", "incr"),
    ("eyes/{}-eye-height2", "decr", "incr"),
)


def draw_details(random: np.random.Generator, races: dict[str, float]) -> dict[str, float]:
    """Draw the shape targets of a face and their weights."""
    details = {}
    for name, low, high in DETAILS:
        value = float(np.clip(random.normal(0, 0.28), -0.7, 0.7))
        details[f"{name}-{high if value > 0 else low}"] = abs(value)
    for name, low, high in PAIRED:
        value = float(np.clip(random.normal(0, 0.25), -0.6, 0.6))
        for side in "lr":
            details[f"{name.format(side)}-{high if value > 0 else low}"] = abs(value)
    head = random.choice(["oval", "round", "rectangular", "square", "triangular", "invertedtriangular", "diamond"])
    details[f"head/head-{head}"] = float(random.uniform(0, 0.6))
    race = max(races, key=lambda name: races[name])
    smile = float(random.choice([0.0, 0.25, 0.5, 0.75]))
    details[f"expression/units/{race}/mouth-corner-puller"] = smile
    lids = float(random.uniform(0.0, 0.25))
    for side in ("left", "right"):
        details[f"expression/units/{race}/eye-{side}-slit"] = lids
        details[f"expression/units/{race}/eyebrows-{side}-up"] = float(random.uniform(0, 0.3))
    return details


def draw_skin(random: np.random.Generator, races: dict[str, float], gender: str) -> dict[str, Any]:
    """Draw the skin's look."""
    tones = {
        "african": [(0.13, 0.062, 0.035), (0.21, 0.105, 0.06), (0.075, 0.036, 0.022)],
        "asian": [(0.56, 0.36, 0.24), (0.46, 0.28, 0.17), (0.36, 0.20, 0.12)],
        "caucasian": [(0.62, 0.40, 0.30), (0.54, 0.33, 0.235), (0.44, 0.26, 0.17)],
    }
    tone = sum(share * np.array(tones[race][random.integers(3)]) for race, share in races.items())
    tone = np.clip(tone * np.exp(random.normal(0, 0.08)) * np.exp(random.normal(0, 0.03, 3)), 0.01, 0.9)
    lip = tone * np.array([0.85, 0.48, 0.46])
    if gender == "female" and random.random() < 0.5:
        lip = np.array([[0.42, 0.06, 0.07], [0.36, 0.10, 0.10], [0.5, 0.14, 0.15]][random.integers(3)]) * (
            0.4 + tone.mean()
        )
    return {
        "colour": tone.tolist(),
        "lip": lip.tolist(),
        "lips": float(random.uniform(0.5, 0.85)),
        "roughness": float(random.uniform(0.38, 0.55)),
        "freckles": float(random.choice([0.05, 0.1, 0.35])),
    }


def draw_eyes(random: np.random.Generator, races: dict[str, float]) -> tuple[float, float, float]:
    """Draw the iris's colour, linear RGB."""
    if races.get("caucasian", 0) > 0.6:
        return [(0.10, 0.16, 0.22), (0.10, 0.14, 0.07), (0.14, 0.07, 0.03), (0.06, 0.03, 0.015)][random.integers(4)]
    return [(0.05, 0.024, 0.012), (0.08, 0.04, 0.018)][random.integers(2)]


def draw_hair_colour(random: np.random.Generator, races: dict[str, float], age: float) -> dict[str, float]:
    """Draw how dark and how red hair is."""
    if age > 0.85 and random.random() < 0.8:
        return {"melanin": float(random.uniform(0.02, 0.22)), "redness": 0.1}
    if races.get("caucasian", 0) > 0.6:
        return [
            {"melanin": 0.22, "redness": 0.3},
            {"melanin": 0.38, "redness": 0.45},
            {"melanin": 0.6, "redness": 0.5},
            {"melanin": 0.78, "redness": 0.4},
            {"melanin": 0.45, "redness": 0.95},
            {"melanin": 0.95, "redness": 0.2},
        ][random.integers(6)]
    if random.random() < 0.1:
        return {"melanin": 0.5, "redness": 0.6}
    return {"melanin": float(random.uniform(0.85, 1.0)), "redness": 0.25}


def draw_clothes(random: np.random.Generator) -> tuple[dict[str, Any], dict[str, Any]]:
    """Draw a shirt's and the trousers' cut and look."""
    pattern = str(random.choice(["plain", "plain", "plain", "stripes", "plaid", "dots", "flowers", "mottled"]))
    shirt = {
        "sleeve": float(random.choice([0.0, 0.45, 0.55, 1.0, 1.95, 1.95, 1.9])) + random.normal(0, 0.03),
        "neck": float(random.uniform(0.088, 0.125)),
        "vee": float(random.choice([0.6, 1.0, 1.6])),
        "hem": float(random.uniform(0.0, 0.1)),
        "loose": float(random.choice([0.004, 0.01, 0.02])),
        "colour": _colour(random),
        "second": _colour(random),
        "pattern": pattern,
        "scale": float(random.uniform(0.6, 1.6)),
        "kind": "cloth",
    }
    legs = {
        "end": float(random.choice([0.05, 0.05, 0.06, 0.45])),
        "colour": _colour(random, 0.8),
        "second": _colour(random),
        "pattern": "plain" if random.random() < 0.8 else "mottled",
        "loose": float(random.choice([0.004, 0.01, 0.02])),
        "shoes": _colour(random, 0.8),
        "kind": "cloth",
    }
    return shirt, legs


def _colour(random: np.random.Generator, dark: float = 0.5) -> list[float]:
    if random.random() < 0.35:
        grey = random.choice([0.02, 0.05, 0.15, 0.4, 0.75])
        return [float(grey)] * 3
    red, green, blue = colorsys.hsv_to_rgb(
        random.random(), random.uniform(0.25, 0.9), random.uniform(0.12, 0.85) * (1.3 - dark)
    )
    return [float(red**1.6), float(green**1.6), float(blue**1.6)]
