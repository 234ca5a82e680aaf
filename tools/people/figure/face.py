# SPDX-License-Identifier: GPL-3.0-or-later
"""A face's eyes, lashes, brows and beard."""

from typing import Any

import numpy as np

from tools.people.figure import hair as hairs
from tools.people.figure.body import BODY_END, LEFT_EYE, RIGHT_EYE, BodyData, between, turn
from tools.people.figure.mesh import Mesh


def make_eyes(plan: dict[str, Any], posed: np.ndarray, turned: np.ndarray) -> list[Mesh]:
    """Two balls with a bulging cornea, looking where the head does but for `gaze` (degrees to its left, and up)."""
    aside, up = plan["gaze"]
    gaze = turned @ turn("z", aside) @ turn("x", -up) @ np.array([0, -1.0, 0])
    rows, columns = 32, 48
    steps, around = np.meshgrid(
        np.linspace(0, 1, rows), np.linspace(0, 2 * np.pi, columns, endpoint=False), indexing="ij"
    )
    # Finer towards the iris.
    angle, phi = np.pi * steps.reshape(-1) ** 1.6, around.reshape(-1)
    local = np.stack([np.sin(angle) * np.cos(phi), np.sin(angle) * np.sin(phi), np.cos(angle)], -1)
    local *= 1 + 0.06 * np.clip(1 - (angle / 0.5) ** 2, 0, 1)[:, None]
    rings = [(r * columns + c, r * columns + (c + 1) % columns) for r in range(rows - 1) for c in range(columns)]
    faces = [[a, a + columns, b + columns, b] for a, b in rings]
    meshes = []
    for number, part in enumerate((LEFT_EYE, RIGHT_EYE)):
        centre = (posed[part].max(0) + posed[part].min(0)) / 2
        radius = np.median(np.linalg.norm(posed[part] - centre, axis=1))
        vertices = centre + (local * radius) @ between(np.array([0, 0, 1.0]), gaze).T
        look = {"kind": "eye", "colour": plan["eyes"]}
        meshes.append(Mesh(f"eye{number}", vertices, faces, look, {"angle": angle}, subdivide=0))
    return meshes


def make_lashes(data: BodyData, posed: np.ndarray) -> list[Mesh]:
    """Return the lashes, two rows an eye."""
    meshes = []
    for side in "lr":
        for row in (1, 2):
            faces = data.faces[f"helper-{side}-eyelashes-{row}"]
            used = np.unique(np.concatenate([np.array(face) for face in faces]))
            index = {int(v): k for k, v in enumerate(used)}
            meshes.append(
                Mesh(
                    f"lash{side}{row}",
                    posed[used],
                    [[index[v] for v in face] for face in faces],
                    {"kind": "lash", "colour": (0.02, 0.015, 0.012)},
                    {"rest": posed[used]},
                    subdivide=0,
                )
            )
    return meshes


def grow_brows(
    plan: dict[str, Any],
    skin: np.ndarray,
    outward: np.ndarray,
    triangles: np.ndarray,
    posed: np.ndarray,
    turned: np.ndarray,
    random: np.random.Generator,
) -> tuple[np.ndarray, dict[str, Any]]:
    """Return the brows' strands and their look."""
    eyes = [posed[LEFT_EYE].mean(0), posed[RIGHT_EYE].mean(0)]
    near = np.minimum(*(np.linalg.norm(skin - eye, axis=1) for eye in eyes)) < 0.05
    fine_vertices, fine_triangles, fine_density, fine_normals = _finer(
        skin, triangles, near, eyes, turned, outward, plan
    )
    roots, chosen, share = hairs.scatter(fine_vertices, fine_triangles, fine_density, 650, random)
    way = (fine_normals[fine_triangles[chosen]] * share[..., None]).sum(1)
    side = np.sign(((roots - (eyes[0] + eyes[1]) / 2) @ turned)[:, 0])
    comb = np.stack([side, np.zeros(len(roots)), np.full(len(roots), 0.25)], 1) @ turned.T + random.normal(
        0, 0.22, (len(roots), 3)
    )
    length = random.uniform(0.005, 0.0095, len(roots))[:, None]
    along = np.linspace(0, 1, 5)[None, :, None]
    points = roots[:, None] + (comb * length)[:, None] * along + (way * 0.0016)[:, None] * np.sqrt(along)
    return points, {"radius": 0.00012, **plan["hair_colour"], "dark": 0.6}


def _finer(
    skin: np.ndarray,
    triangles: np.ndarray,
    marked: np.ndarray,
    eyes: list[np.ndarray],
    turned: np.ndarray,
    outward: np.ndarray,
    plan: dict[str, Any],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Split the triangles of the brow's region, whose vertices lie too far apart for its outline."""
    chosen = triangles[marked[triangles].any(1)]
    vertices, normals = skin, outward
    for _ in range(3):
        a, b, c = chosen.T
        n = len(vertices)
        k = len(chosen)
        mids = [(vertices[a] + vertices[b]) / 2, (vertices[b] + vertices[c]) / 2, (vertices[c] + vertices[a]) / 2]
        mid_normals = [(normals[a] + normals[b]) / 2, (normals[b] + normals[c]) / 2, (normals[c] + normals[a]) / 2]
        vertices, normals = np.concatenate([vertices, *mids]), np.concatenate([normals, *mid_normals])
        ab, bc, ca = n + np.arange(k), n + k + np.arange(k), n + 2 * k + np.arange(k)
        chosen = np.concatenate([np.stack(t, 1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])
    density = np.zeros(len(vertices))
    for k, eye in enumerate(eyes):
        local = (vertices - eye) @ turned
        across = local[:, 0] * (1 if k == 0 else -1)
        arch = 0.0205 + 0.005 * np.clip(1 - ((across - 0.006) / 0.022) ** 2, -0.6, 1)
        thick = 0.0033 * np.clip(1.1 - np.clip(across, -0.02, 0.03) / 0.05, 0.3, 1.3) * plan.get("brow", 1.0)
        near = np.exp(-(((local[:, 2] - arch) / thick) ** 2)) * np.clip((0.027 - np.abs(across - 0.003)) / 0.006, 0, 1)
        density = np.maximum(density, np.where(near > 0.1, near, 0) * (local[:, 1] < 0.02))
    return vertices, chosen, density, normals


def grow_beard(
    data: BodyData,
    plan: dict[str, Any],
    rest: np.ndarray,
    skin: np.ndarray,
    outward: np.ndarray,
    triangles: np.ndarray,
    turned: np.ndarray,
    eye: np.ndarray,
    random: np.random.Generator,
) -> tuple[np.ndarray, dict[str, Any]]:
    """Return the beard's strands and their look."""
    beard = plan["beard"]
    head = data.weights[:BODY_END, data.order.index("head")] + data.weights[:BODY_END, data.order.index("jaw")]
    local = rest[:BODY_END] - eye
    lips = data.mask("mouth/mouth-upperlip-volume-incr", "mouth/mouth-lowerlip-volume-incr")[:BODY_END]
    chin = data.mask("chin/chin-width-incr", "chin/chin-height-incr", "chin/chin-prominent-incr")[:BODY_END]
    low = np.clip((-0.048 - local[:, 2] - 0.25 * np.clip(local[:, 1] + 0.03, 0, 1)) / 0.012, 0, 1)
    cheek = np.clip((np.abs(local[:, 0]) - 0.03) / 0.02, 0, 1) * np.clip((-0.02 - local[:, 2]) / 0.02, 0, 1)
    area = (
        np.maximum(low, cheek)
        if beard["full"]
        else np.maximum(np.clip(chin * 1.5 - 0.3, 0, 1), low * (np.abs(local[:, 0]) < 0.032))
    )
    area = area * (local[:, 1] < 0.06) * (local[:, 2] > -0.135) * (lips < 0.12) * (head > 0.4)
    ears = data.mask("ears/l-ear-scale-incr", "ears/r-ear-scale-incr")[:BODY_END] > 0.2
    area[ears] = 0
    roots, chosen, share = hairs.scatter(skin, triangles, area + 1e-12, beard["count"], random)
    way = (outward[triangles[chosen]] * share[..., None]).sum(1)
    down = np.array([0, -0.15, -1.0]) @ turned.T
    length = beard["length"] * np.exp(random.normal(0, 0.3, len(roots)))
    along = np.linspace(0, 1, 6)[None, :, None]
    points = (
        roots[:, None]
        + (way * length[:, None])[:, None] * (0.7 * along)
        + (down * length[:, None])[:, None] * along**1.5 * 0.6
    )
    points += random.normal(0, 0.12, (len(roots), 1, 3)) * length[:, None, None] * along
    return points, {"radius": 0.0001, **plan["hair_colour"], "dark": 0.8}
