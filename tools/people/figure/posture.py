# SPDX-License-Identifier: GPL-3.0-or-later
"""How a figure stands: a plan's arms, fingers, legs, head and back as turns of the bones."""

from typing import Any

import numpy as np

from tools.people.figure.body import BodyData, reach, turn


def pose_turns(data: BodyData, heads: np.ndarray, plan: dict[str, Any]) -> dict[str, np.ndarray]:
    """Return the bones' turns for a plan's pose."""
    at = {name: heads[data.order.index(name)] for name in data.order}
    turns: dict[str, np.ndarray] = {}
    for side, sign in (("L", 1), ("R", -1)):
        arm = plan["arms"][side]
        shoulder, hip = at[f"upperarm01.{side}"], at[f"upperleg01.{side}"]
        wide = abs(shoulder[0])
        spots = {
            "hang": (hip + [sign * 1.15, -0.9, 0.2], [sign * 0.9, 0, -1.0]),
            "hip": (at["spine04"] + [sign * wide * 0.95, -0.35, 0.75], [sign * 1.0, 0, -0.35]),
            "chest": (at["spine02"] + [sign * -0.1, 0.2, 2.3], [sign * 0.9, -0.7, -0.1]),
            "front": (at["spine03"] + [sign * 0.9, 0.3, 3.4], [sign * 0.6, -1.0, -0.2]),
            "wave": (shoulder + [sign * 2.6, 2.6, 0.9], [sign * 1.0, -0.8, -0.2]),
            "face": (at["head"] + [sign * 0.9, -0.75, 1.35], [sign * 0.8, -1.0, 0.3]),
            "up": (shoulder + [sign * 1.6, 4.6, 0.3], [sign * 1.0, 0.3, 0.2]),
            "behind": (at["spine04"] + [sign * 0.6, -0.2, -1.3], [sign * 1.0, 0, -0.6]),
            "head": (at["head"] + [sign * 1.0, 1.2, -0.3], [sign * 1.0, 0.1, 0.2]),
            "point": (shoulder + [sign * 3.6, 0.8, 2.2], [sign * 0.3, -1.0, -0.2]),
            "pocket": (hip + [sign * 0.75, 0.25, 0.75], [sign * 0.9, 0, -1.0]),
        }
        hand, elbow = spots[arm["to"]]
        hand = np.asarray(hand, float) + np.asarray(arm.get("move", [0, 0, 0]), float)
        turns.update(reach(data, heads, side, hand, np.asarray(elbow, float)))
        if arm["to"] in ("up", "wave", "head"):
            lift = turn("z", sign * 14)
            turns[f"clavicle.{side}"] = lift
            turns[f"upperarm01.{side}"] = lift.T @ turns[f"upperarm01.{side}"]
        for finger in range(2, 6):
            for joint in (1, 2, 3):
                curl = arm.get("curl", 15) * (1.0 if joint < 3 else 0.7)
                # Fingers bend about the axis across the palm.
                base, tip = at[f"finger{finger}-{joint}.{side}"], at[f"finger{finger}-3.{side}"]
                across = at[f"finger2-1.{side}"] - at[f"finger5-1.{side}"]
                if joint == 3:
                    base, tip = at[f"finger{finger}-2.{side}"], at[f"finger{finger}-3.{side}"]
                turns[f"finger{finger}-{joint}.{side}"] = (
                    turn(across, sign * curl) if np.any(tip != base) else np.eye(3)
                )
        turns[f"upperleg01.{side}"] = turn("z", sign * plan["stance"][side][0]) @ turn("x", -plan["stance"][side][1])
        turns[f"lowerleg01.{side}"] = turn("x", max(0, plan["stance"][side][1]) * 1.2)
    nod, look, tilt = plan["head"]
    half = turn("y", look / 2) @ turn("x", nod / 2) @ turn("z", tilt / 2)
    turns["neck01"], turns["head"] = half, half
    bow, twist, lean = plan["torso"]
    third = turn("y", twist / 3) @ turn("x", bow / 3) @ turn("z", lean / 3)
    for name in ("spine04", "spine03", "spine02"):
        turns[name] = third
    return turns
