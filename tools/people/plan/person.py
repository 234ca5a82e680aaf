# SPDX-License-Identifier: GPL-3.0-or-later
"""One person, drawn from a seed."""

from typing import Any

import numpy as np

from tools.people.figure.styles import STYLES
from tools.people.plan.looks import draw_clothes, draw_details, draw_eyes, draw_hair_colour, draw_skin

WOMEN = (
    "bob",
    "long-straight",
    "long-side",
    "long-wavy",
    "long-curly",
    "bun",
    "tail",
    "afro",
    "short-curly",
    "tousled",
)

MEN = ("short", "crop", "quiff", "tousled", "short-curly", "afro", "short", "quiff", "long-wavy", "bald")

CALM = ("hang", "hang", "hip", "hip", "pocket", "chest", "behind", "front")

LIVELY = ("wave", "face", "up", "head", "point", "front", "hip", "chest")


def draw_person(random: np.random.Generator, wish: dict[str, Any]) -> dict[str, Any]:
    """Draw one person; `wish` fixes what must be so (`gender`, `race`, `age`, `hair`, `arms`, ...)."""
    gender = wish.get("gender", "female" if random.random() < 0.5 else "male")
    race = wish.get("race", random.choice(["african", "asian", "caucasian"]))
    races = {race: 1.0}
    if random.random() < 0.4:
        other = random.choice(["african", "asian", "caucasian"])
        races = {r: 0.7 * (r == race) + 0.3 * (r == other) for r in ("african", "asian", "caucasian")}
    age = wish.get(
        "age", float(np.clip(random.choice([0.42, 0.5, 0.55, 0.65, 0.8, 0.95]) + random.normal(0, 0.03), 0.3, 1))
    )
    person = {
        "gender": float(np.clip({"female": 0.06, "male": 0.94}[gender] + random.normal(0, 0.05), 0, 1)),
        "races": races,
        "age": age,
        "muscle": float(random.uniform(0.3, 0.6)),
        "weight": wish.get("weight", float(np.clip(random.normal(0.52, 0.14), 0.25, 0.95))),
        "height": float(np.clip(random.normal(0, 0.25), -0.5, 0.5)),
        "details": draw_details(random, races),
        "skin": draw_skin(random, races, gender),
        "eyes": draw_eyes(random, races),
        "hair": wish.get("hair", random.choice(WOMEN if gender == "female" else MEN)),
        "hair_colour": wish.get("hair_colour", draw_hair_colour(random, races, age)),
        "style": {},
        "recede": float(random.random() < 0.35 and gender == "male" and age > 0.6) * random.uniform(0.3, 1),
        "brow": float(random.uniform(0.7, 1.0) if gender == "female" else random.uniform(1.0, 1.35)),
        "beard": None,
        "blur": "",
        "skirt": None,
        "drape": None,
        "gaze": (random.normal(0, 6), random.normal(0, 3)),
        "head": (random.normal(-3, 4), random.normal(0, 14), random.normal(0, 4)),
        "torso": (random.normal(2, 3), random.normal(0, 8), random.normal(0, 3)),
        "stance": {side: (abs(random.normal(2, 3)), max(0, random.normal(0, 6))) for side in "LR"},
    }
    if gender == "male" and random.random() < 0.45 and wish.get("beard", True):
        long = random.random() < 0.4
        person["beard"] = {
            "full": bool(random.random() < 0.7),
            "length": 0.022 if long else random.uniform(0.003, 0.009),
            "count": 9000 if long else 7000,
        }
    if wish.get("beard") is True:
        person["beard"] = {"full": True, "length": 0.02, "count": 9000}
    style = person["style"]
    if person["hair"] in ("long-straight", "long-side", "long-wavy", "long-curly", "bob"):
        style["length"] = STYLES[person["hair"]].length * random.uniform(0.75, 1.15)
        style["comb"] = str(random.choice(["side", "middle"]))
    choices = LIVELY if random.random() < 0.45 else CALM
    person["arms"] = wish.get("arms") or {
        side: {
            "to": str(random.choice(choices)),
            "move": random.normal(0, 0.25, 3).tolist(),
            "curl": float(random.uniform(6, 30)),
        }
        for side in "LR"
    }
    if "arms" not in wish and random.random() < 0.3:
        person["arms"]["R"]["to"] = person["arms"]["L"]["to"]
    person["shirt"], person["legs"] = draw_clothes(random)
    if gender == "female" and random.random() < 0.3:
        person["skirt"] = {
            "end": float(random.uniform(0.3, 0.6)),
            "colour": person["legs"]["colour"],
            "pattern": person["legs"]["pattern"],
            "second": person["legs"]["second"],
            "loose": 0.02,
        }
        person["legs"] = {**person["legs"], "none": True}
    for key in ("legs", "shirt", "skirt", "drape", "blur", "head", "torso"):
        if key in wish:
            person[key] = {**(person[key] or {}), **wish[key]} if isinstance(wish[key], dict) else wish[key]
    return person
