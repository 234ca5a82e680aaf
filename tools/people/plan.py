# SPDX-License-Identifier: GPL-3.0-or-later
"""What each person and picture shows, drawn from a seed before anything is built."""

import numpy as np

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
CALM = ("hang", "hang", "hip", "hip", "pocket", "chest", "behind", "front")
LIVELY = ("wave", "face", "up", "head", "point", "front", "hip", "chest")


def draw_person(random: np.random.Generator, wish: dict) -> dict:
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
        "details": _details(random, races, gender, age),
        "skin": _skin(random, races, gender),
        "eyes": _eyes(random, races),
        "hair": wish.get("hair", random.choice(WOMEN if gender == "female" else MEN)),
        "hair_colour": wish.get("hair_colour", _hair_colour(random, races, age)),
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
        from person import STYLES

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
    person["shirt"], person["legs"] = _clothes(random, gender)
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


def _details(random, races, gender, age):
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
    race = max(races, key=races.get)
    smile = float(random.choice([0.0, 0.25, 0.5, 0.75]))
    details[f"expression/units/{race}/mouth-corner-puller"] = smile
    lids = float(random.uniform(0.0, 0.25))
    for side in ("left", "right"):
        details[f"expression/units/{race}/eye-{side}-slit"] = lids
        details[f"expression/units/{race}/eyebrows-{side}-up"] = float(random.uniform(0, 0.3))
    del gender, age
    return details


def _skin(random, races, gender):
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


def _eyes(random, races):
    if races.get("caucasian", 0) > 0.6:
        return [(0.10, 0.16, 0.22), (0.10, 0.14, 0.07), (0.14, 0.07, 0.03), (0.06, 0.03, 0.015)][random.integers(4)]
    return [(0.05, 0.024, 0.012), (0.08, 0.04, 0.018)][random.integers(2)]


def _hair_colour(random, races, age):
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


def _colour(random, dark=0.5):
    import colorsys

    if random.random() < 0.35:
        grey = random.choice([0.02, 0.05, 0.15, 0.4, 0.75])
        return [float(grey)] * 3
    red, green, blue = colorsys.hsv_to_rgb(
        random.random(), random.uniform(0.25, 0.9), random.uniform(0.12, 0.85) * (1.3 - dark)
    )
    return [float(red**1.6), float(green**1.6), float(blue**1.6)]


def _clothes(random, gender):
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
    del gender
    return shirt, legs


def draw_view(
    random: np.random.Generator, framing: str, people: list, places: list[dict], aspect: float, wish: dict
) -> dict:
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


def _warmth(random):
    return [(1.0, 0.85, 0.7), (1.0, 0.95, 0.9), (0.85, 0.92, 1.0)][random.integers(3)]
