# SPDX-License-Identifier: GPL-3.0-or-later
"""One person, from a plan to meshes and strands in world space: posed body, clothes, eyes, brows, hair."""

from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from tools.people.figure.body import AXES, BODY_END, TIGHTS, BodyData, bone_heads, pose, shape, turn_of
from tools.people.figure.face import make_eyes, make_lashes
from tools.people.figure.garments import dress
from tools.people.figure.head import grow_hair
from tools.people.figure.mesh import Built, Mesh
from tools.people.figure.posture import pose_turns


def build(data: BodyData, plan: dict[str, Any], seed: int) -> Built:
    """Build the person that `plan` describes."""
    random = np.random.default_rng([seed, 5])
    rest = shape(data, plan)
    heads = bone_heads(data, rest)
    turns = pose_turns(data, heads, plan)
    posed = pose(data, rest, heads, turns)
    later = None
    if plan["blur"] == "arm":
        later = pose(data, rest, heads, pose_turns(data, heads, {**plan, **plan["swing"]}))
    rest, heads_m = rest @ AXES.T, heads @ AXES.T
    ground = rest[:BODY_END, 2].min()
    posed = posed @ AXES.T
    posed[:, 2] -= ground
    if later is not None:
        later = later @ AXES.T
        later[:, 2] -= ground
    # Where each bone's head went: the posed mean of the vertices that it moves.
    joints = {}
    for column, name in enumerate(data.order):
        near = np.argsort(((rest - heads_m[column]) ** 2).sum(1) - 0.001 * data.weights[:, column])[:24]
        joints[name] = posed[near].mean(0)
    meshes, covered = dress(data, plan, rest, posed, later, heads_m, random)
    body = _skin(data, plan, rest, posed, later, covered)
    on_head = np.flatnonzero(data.weights[:BODY_END, data.order.index("head")] > 0.95)
    turned = turn_of(rest[on_head], posed[on_head])
    meshes = [body, *meshes, *make_eyes(plan, posed, turned)]
    meshes += make_lashes(data, posed)
    strands, top = grow_hair(data, plan, rest, posed, heads_m, meshes, random)
    return Built(meshes, strands, joints, top)


def _skin(
    data: BodyData,
    plan: dict[str, Any],
    rest: np.ndarray,
    posed: np.ndarray,
    later: np.ndarray | None,
    covered_by: np.ndarray,
) -> Mesh:
    faces = data.body_faces
    distance, near = cKDTree(rest[TIGHTS]).query(rest[:BODY_END])
    hidden = (covered_by[TIGHTS][near] > 0.014) & (distance < 0.04)
    kept = faces[~hidden[faces].all(1)]
    lips = data.mask("mouth/mouth-upperlip-volume-incr", "mouth/mouth-lowerlip-volume-incr")
    lips = np.clip(lips * 1.6 - 0.25, 0, 1)
    cheeks = data.mask("cheek/l-cheek-volume-incr", "cheek/r-cheek-volume-incr", "nose/nose-point-width-incr")
    return Mesh(
        "skin",
        posed[:BODY_END],
        kept.tolist(),
        {"kind": "skin", **plan["skin"]},
        {"lips": lips[:BODY_END], "cheeks": np.clip(cheeks, 0, 1)[:BODY_END], "rest": rest[:BODY_END]},
        subdivide=1,
        later=None if later is None else later[:BODY_END],
    )
