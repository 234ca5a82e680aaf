# SPDX-License-Identifier: GPL-3.0-or-later
"""What a figure wears: MakeHuman's helper meshes, cut to a plan and pushed out of the posed body."""

from typing import Any

import numpy as np

from tools.people.figure import clothes as cloth
from tools.people.figure.body import BODY_END, SKIRT, TIGHTS, BodyData
from tools.people.figure.mesh import Mesh


def dress(
    data: BodyData,
    plan: dict[str, Any],
    rest: np.ndarray,
    posed: np.ndarray,
    later: np.ndarray | None,
    heads: np.ndarray,
    random: np.random.Generator,
) -> tuple[list[Mesh], np.ndarray]:
    """Return the clothes, and per vertex of the body how far it lies inside of them (below 0 outside)."""
    at = {name: heads[k] for k, name in enumerate(data.order)}
    along, arm = _arm_way(data, rest, heads)
    tights = data.faces["helper-tights"]
    shirt, legs = plan["shirt"], plan["legs"]
    arm_length = np.linalg.norm(at["lowerarm01.L"] - at["upperarm01.L"])
    sleeve = np.where(arm > 0.3, (shirt["sleeve"] - along) * arm_length, 0.3)
    neck_point = at["neck01"] + [0, -0.035 * shirt.get("vee", 1), -0.005]
    neck = (
        np.linalg.norm((rest - neck_point) / [1, 1.0, 1.35 if shirt.get("vee", 1) > 1 else 1], axis=1) - shirt["neck"]
    )
    hem = rest[:, 2] - (at["root"][2] - 0.02 - shirt["hem"])
    waist = at["root"][2] - 0.02 - shirt["hem"] + 0.06
    upper = np.minimum(np.minimum(sleeve, neck), hem)
    lower = np.minimum(waist - rest[:, 2], np.where(arm > 0.4, -0.05, 0.3))
    ankle = rest[:BODY_END, 2].min()
    leg_end = ankle + legs["end"]
    trousers = np.minimum(lower, rest[:, 2] - leg_end)
    shoes = np.minimum(ankle + 0.085 - rest[:, 2], np.where(arm > 0.4, -0.05, 0.3))
    covered_by = np.full(len(rest), -1.0)
    meshes = []
    for name, values, look, thickness in (
        ("trousers", trousers, legs, 0.010),
        ("shirt", upper, shirt, 0.012),
        ("shoes", shoes, {"colour": legs["shoes"], "pattern": "plain", "kind": "leather"}, 0.007),
    ):
        if name == "trousers" and legs.get("none"):
            continue
        inside = np.full(len(rest), -1.0)
        inside[TIGHTS] = values[TIGHTS]
        piece = cloth.cut(tights, inside)
        # Close at the neck, or the collar stands off and shows its inside.
        snug = np.clip(neck / 0.06, 0.25, 1) if name == "shirt" else np.ones(len(rest))
        meshes.append(_garment(name, piece, look, thickness, rest, posed, later, random, snug))
        covered_by = np.maximum(covered_by, inside)
    if plan.get("skirt"):
        skirt = data.faces["helper-skirt"]
        end = np.full(len(rest), -1.0)
        end[SKIRT] = (rest[:, 2] - (ankle + plan["skirt"]["end"]))[SKIRT]
        piece = cloth.cut(skirt, end)
        meshes.append(_garment("skirt", piece, plan["skirt"], 0.02, rest, posed, later, random))
    return meshes, covered_by


def _arm_way(data: BodyData, rest: np.ndarray, heads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far along an arm each vertex lies (0 shoulder, 1 elbow, 2 wrist), and the weight of arms in it."""
    along, weight = np.zeros(len(rest)), np.zeros(len(rest))
    for side in "LR":
        at = {n: heads[data.order.index(f"{n}.{side}")] for n in ("upperarm01", "lowerarm01", "wrist")}
        columns = {
            n: data.order.index(f"{n}.{side}")
            for n in ("upperarm01", "upperarm02", "lowerarm01", "lowerarm02", "wrist")
        }
        arm = sum(data.weights[:, c] for c in columns.values())
        for finger in range(1, 6):
            for joint in (1, 2, 3):
                arm = arm + data.weights[:, data.order.index(f"finger{finger}-{joint}.{side}")]
        for k in range(1, 5):
            arm = arm + data.weights[:, data.order.index(f"metacarpal{k}.{side}")]
        for base, (start, end) in ((0, ("upperarm01", "lowerarm01")), (1, ("lowerarm01", "wrist"))):
            way = at[end] - at[start]
            t = (rest - at[start]) @ way / (way @ way)
            lower = data.weights[:, columns["lowerarm01"]] + data.weights[:, columns["lowerarm02"]]
            lower = lower + data.weights[:, columns["wrist"]]
            here = (arm > 0.3) & ((lower > 0.5) == bool(base))
            along = np.where(here, base + t, along)
        weight = np.maximum(weight, arm)
    return along, weight


def _garment(
    name: str,
    piece: cloth.Cut,
    look: dict[str, Any],
    thickness: float,
    rest: np.ndarray,
    posed: np.ndarray,
    later: np.ndarray | None,
    random: np.random.Generator,
    snug: np.ndarray | None = None,
) -> Mesh:
    where = piece.carried(rest)
    loose = look.get("loose", 0.0)
    outward = cloth.normals(piece.carried(posed), piece.faces)
    amount = thickness + loose * 0.4 + (0.002 + 0.22 * loose) * cloth.folds(where, random, 0.11)
    amount += 0.0014 * cloth.folds(where, random, 0.035)
    amount = np.maximum(amount, 0.005)
    if snug is not None:
        amount *= piece.carried(snug)
    vertices = cloth.smooth(piece.carried(posed), piece.faces, 2) + outward * amount[:, None]
    moved = None
    if later is not None:
        moved = (
            cloth.smooth(piece.carried(later), piece.faces, 2)
            + cloth.normals(piece.carried(later), piece.faces) * amount[:, None]
        )
    kind = look.get("kind", "cloth")
    return Mesh(
        name,
        vertices,
        piece.faces,
        {"kind": kind, **{k: v for k, v in look.items() if k in ("colour", "second", "pattern", "scale", "alpha")}},
        {"rest": where},
        subdivide=1,
        thickness=0.0 if kind == "gauze" else 0.003,
        later=moved,
    )
