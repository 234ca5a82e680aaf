# SPDX-License-Identifier: GPL-3.0-or-later
"""Camera and light, drawn from a seed."""

from typing import Any

import numpy as np

from tools.people.figure.mesh import Built

WORLDS = ("city", "courtyard", "forest", "interior", "night", "studio", "sunrise", "sunset")

WORLD_STRENGTH = {
    "city": 0.9,
    "courtyard": 1.0,
    "forest": 1.0,
    "interior": 1.0,
    "night": 1.6,
    "studio": 0.9,
    "sunrise": 0.8,
    "sunset": 0.9,
}


def draw_view(
    random: np.random.Generator,
    framing: str,
    people: list[Built],
    places: list[dict[str, Any]],
    aspect: float,
    wish: dict[str, Any],
) -> dict[str, Any]:
    """Draw camera and light for built people standing at `places`; `framing` is portrait, waist-up or full-body."""
    tops = [built.top for built, _ in zip(people, places, strict=True)]
    top, low = max(tops), {"portrait": 0.30, "waist-up": 0.62, "full-body": None}[framing]
    chin = min(built.joints["head"][2] for built in people)
    bottom = -0.03 if low is None else chin - low * random.uniform(0.85, 1.15)
    tall = (top - bottom) * (1.0 + random.uniform(0.06, 0.16)) * wish.get("headroom", 1.0)
    centre_x = float(np.mean([place["at"][0] for place in places]))
    aim = np.array([centre_x, 0, bottom + tall / 2 if low is not None else (top + bottom) / 2])
    lens = random.uniform(45, 75)
    distance = tall * aspect * lens / 36
    yaw, rise = np.radians(random.uniform(-8, 8)), np.radians(random.uniform(-7, 9))
    place = aim + distance * np.array([np.sin(yaw) * np.cos(rise), -np.cos(yaw) * np.cos(rise), np.sin(rise)])
    world = wish.get("world", str(random.choice([w for w in WORLDS if w != "night"])))
    key_side = random.choice([-1, 1])
    power = random.uniform(15, 70)
    lamps = [
        {
            "from": [key_side * random.uniform(0.8, 2.2), -random.uniform(1.0, 2.4), random.uniform(0.4, 1.6)],
            "power": power,
            "size": float(random.uniform(0.3, 1.4)),
            "colour": _warmth(random),
        },
    ]
    if random.random() < 0.6:
        lamps.append(
            {
                "from": [-key_side * random.uniform(0.8, 1.6), random.uniform(0.8, 1.8), random.uniform(0.6, 1.6)],
                "power": power * random.uniform(0.4, 1.2),
                "size": 0.5,
                "colour": _warmth(random),
            }
        )
    sideways = random.uniform(-0.12, 0.12) if len(people) == 1 else random.uniform(-0.04, 0.04)
    view = {
        "target": aim.tolist(),
        "camera": place.tolist(),
        "lens": float(lens),
        "shift": (float(sideways), 0.0),
        "roll": float(random.normal(0, 1.0)),
        "world": world,
        "world_turn": float(random.uniform(0, 360)),
        "world_strength": WORLD_STRENGTH[world] * float(random.uniform(0.7, 1.2)),
        "lamps": lamps,
        "exposure": float(random.uniform(0.85, 1.25)),
    }
    view.update({k: v for k, v in wish.items() if k in ("exposure", "lamps", "world_strength", "roll")})
    if wish.get("sway"):
        view["sway"] = {
            "pivot": [centre_x, 0, aim[2] - tall * 0.5],
            "axis": [0, 1, 0],
            "turn": 0.0,
            "shift": [0, 0, 0],
            **wish["sway"],
        }
    return view


def _warmth(random: np.random.Generator) -> tuple[float, float, float]:
    return [(1.0, 0.85, 0.7), (1.0, 0.95, 0.9), (0.85, 0.92, 1.0)][random.integers(3)]
