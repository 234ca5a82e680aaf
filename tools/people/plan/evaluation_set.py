# SPDX-License-Identifier: GPL-3.0-or-later
"""What each of the 24 pictures of the bundled evaluation set must show; a seed decides the rest."""

from typing import Any

GAUZE = {"kind": "gauze", "pattern": "plain"}


def _arms(left: str, right: str, curl: float = 14) -> dict[str, Any]:
    return {"L": {"to": left, "curl": curl}, "R": {"to": right, "curl": curl}}


PEOPLE: list[dict[str, Any]] = [
    {
        "seed": 1,
        "framing": "portrait",
        "who": [
            {"gender": "female", "race": "asian", "age": 0.48, "hair": "long-straight", "arms": _arms("hang", "hang")}
        ],
    },
    {
        "seed": 2,
        "framing": "waist-up",
        "who": [
            {
                "gender": "male",
                "race": "caucasian",
                "age": 0.6,
                "hair": "quiff",
                "beard": True,
                "arms": _arms("front", "pocket", 40),
            }
        ],
        "prop": ("L", "mug", [0.5, 0.05, 0.04]),
    },
    {
        "seed": 3,
        "framing": "waist-up",
        "who": [
            {"gender": "female", "race": "african", "age": 0.5, "hair": "long-curly", "arms": _arms("hip", "hang")},
            {"gender": "male", "race": "asian", "age": 0.65, "hair": "short", "arms": _arms("hang", "hang")},
        ],
    },
    {
        "seed": 12,
        "framing": "waist-up",
        "who": [
            {
                "gender": "male",
                "race": "caucasian",
                "age": 0.55,
                "hair": "tousled",
                "arms": _arms("pocket", "pocket"),
                "shirt": {
                    "colour": [0.10, 0.16, 0.03],
                    "second": [0.22, 0.30, 0.07],
                    "pattern": "mottled",
                    "sleeve": 1.9,
                },
            }
        ],
        "camouflage": True,
    },
    {
        "seed": 5,
        "framing": "full-body",
        "who": [
            {
                "gender": "female",
                "race": "caucasian",
                "age": 0.5,
                "hair": "tail",
                "arms": _arms("hip", "up"),
                "skirt": {**GAUZE, "alpha": 0.42, "end": 0.28, "colour": [0.6, 0.12, 0.2], "loose": 0.04},
                "legs": {"none": False, "end": 0.5},
            }
        ],
    },
    {
        "seed": 6,
        "framing": "portrait",
        "who": [
            {
                "gender": "female",
                "race": "asian",
                "age": 0.6,
                "hair": "bun",
                "arms": _arms("hang", "hang"),
                "drape": {**GAUZE, "over": "head", "alpha": 0.33, "length": 0.6, "colour": [0.75, 0.7, 0.62]},
            }
        ],
    },
    {
        "seed": 7,
        "framing": "portrait",
        "who": [
            {"gender": "female", "race": "caucasian", "age": 0.5, "hair": "long-wavy", "arms": _arms("hang", "hang")}
        ],
        "sway": {"turn": 2.6, "shift": [0.022, 0, 0.004]},
    },
    {
        "seed": 8,
        "framing": "waist-up",
        "who": [{"gender": "male", "race": "african", "age": 0.6, "hair": "short-curly", "arms": _arms("hip", "head")}],
        "dark": True,
    },
    {
        "seed": 9,
        "framing": "waist-up",
        "who": [
            {
                "gender": "female",
                "race": "caucasian",
                "age": 0.55,
                "hair": "long-curly",
                "arms": _arms("head", "hip"),
                "hair_colour": {"melanin": 0.45, "redness": 0.95},
            }
        ],
    },
    {
        "seed": 10,
        "framing": "portrait",
        "who": [
            {
                "gender": "female",
                "race": "caucasian",
                "age": 0.97,
                "hair": "bob",
                "arms": _arms("hang", "hang"),
                "hair_colour": {"melanin": 0.06, "redness": 0.1},
            }
        ],
    },
    {
        "seed": 11,
        "framing": "portrait",
        "who": [{"gender": "female", "race": "african", "age": 0.55, "hair": "bun", "arms": _arms("chest", "hang")}],
    },
    {
        "seed": 4,
        "framing": "portrait",
        "who": [{"gender": "female", "race": "african", "age": 0.45, "hair": "afro", "arms": _arms("hang", "chest")}],
    },
    {
        "seed": 13,
        "framing": "full-body",
        "who": [{"gender": "male", "race": "asian", "age": 0.5, "hair": "short", "arms": _arms("hang", "front", 45)}],
        "prop": ("R", "umbrella", [0.03, 0.1, 0.35]),
        "headroom": 1.24,
    },
    {
        "seed": 14,
        "framing": "waist-up",
        "who": [
            {
                "gender": "male",
                "race": "caucasian",
                "age": 0.65,
                "hair": "crop",
                "arms": _arms("hip", "wave", 8),
                "blur": "arm",
            }
        ],
        "wave": -1.1,
    },
    {
        "seed": 15,
        "framing": "portrait",
        "who": [{"gender": "male", "race": "asian", "age": 0.5, "hair": "tousled", "arms": _arms("hang", "head")}],
    },
    {
        "seed": 16,
        "framing": "portrait",
        "who": [
            {"gender": "female", "race": "asian", "age": 0.5, "hair": "bob", "arms": _arms("hang", "hang")},
            {
                "gender": "female",
                "race": "caucasian",
                "age": 0.9,
                "hair": "short-curly",
                "arms": _arms("hang", "hang"),
                "hair_colour": {"melanin": 0.1, "redness": 0.1},
            },
        ],
    },
    {
        "seed": 17,
        "framing": "waist-up",
        "who": [
            {
                "gender": "male",
                "race": "african",
                "age": 0.5,
                "hair": "short",
                "arms": _arms("hip", "wave", 45),
                "beard": True,
            }
        ],
        "prop": ("R", "racket", [0.6, 0.5, 0.05]),
    },
    {
        "seed": 18,
        "framing": "portrait",
        "who": [
            {
                "gender": "male",
                "race": "caucasian",
                "age": 0.7,
                "hair": "long-wavy",
                "beard": True,
                "arms": _arms("hang", "hang"),
            }
        ],
    },
    {
        "seed": 19,
        "framing": "waist-up",
        "who": [{"gender": "female", "race": "asian", "age": 0.75, "hair": "tail", "arms": _arms("hip", "hip")}],
    },
    {
        "seed": 20,
        "framing": "portrait",
        "who": [
            {
                "gender": "female",
                "race": "african",
                "age": 0.5,
                "hair": "tail",
                "arms": _arms("hang", "hang"),
                "drape": {**GAUZE, "over": "neck", "alpha": 0.38, "length": 0.55, "colour": [0.1, 0.35, 0.5]},
            }
        ],
    },
    {
        "seed": 21,
        "framing": "portrait",
        "who": [
            {
                "gender": "female",
                "race": "caucasian",
                "age": 0.5,
                "hair": "long-side",
                "arms": _arms("hang", "hang"),
                "hair_colour": {"melanin": 0.2, "redness": 0.3},
                "shirt": {"colour": [0.6, 0.55, 0.48], "pattern": "plain", "sleeve": 1.9},
            }
        ],
        "camouflage": True,
    },
    {
        "seed": 22,
        "framing": "full-body",
        "who": [
            {
                "gender": "female",
                "race": "caucasian",
                "age": 0.45,
                "hair": "long-wavy",
                "arms": _arms("front", "hip", 40),
            }
        ],
        "prop": ("L", "bouquet", [0.7, 0.2, 0.3]),
    },
    {
        "seed": 23,
        "framing": "waist-up",
        "who": [{"gender": "female", "race": "asian", "age": 0.5, "hair": "long-side", "arms": _arms("chest", "hip")}],
        "dark": True,
    },
    {
        "seed": 24,
        "framing": "portrait",
        "who": [
            {
                "gender": "male",
                "race": "caucasian",
                "age": 0.42,
                "hair": "long-straight",
                "arms": _arms("hang", "hang"),
                "beard": False,
            }
        ],
        "sway": {"turn": -3.0, "shift": [0.012, 0, 0.008]},
    },
]
