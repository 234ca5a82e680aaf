# SPDX-License-Identifier: GPL-3.0-or-later
"""One person, from a plan to meshes and strands in world space: posed body, clothes, eyes, brows, hair."""

from dataclasses import dataclass, field

import clothes as cloth
import hair as hairs
import numpy as np
from body import AXES, LEFT_EYE, RIGHT_EYE, SKIRT, TIGHTS, BodyData, between, bone_heads, pose, reach, shape, turn
from hair import Style, Surface

STYLES = {
    "short": Style(0.04, 0.2, 0.2, "side", 0.25, frizz=0.0012, clump=0.35, strands=20000),
    "crop": Style(0.016, 0.2, 0.4, "forward", 0.05, frizz=0.0008, clump=0.2, strands=24000),
    "quiff": Style(0.06, 0.2, 0.55, "back", 0.1, frizz=0.0016, clump=0.5, strands=20000),
    "tousled": Style(0.085, 0.25, 0.35, "side", 0.3, curl=0.003, turn=0.06, frizz=0.003, clump=0.6, strands=18000),
    "bob": Style(0.23, 0.05, 0.2, "middle", 0.55, frizz=0.002, clump=0.4, strands=18000),
    "long-straight": Style(0.46, 0.08, 0.12, "middle", 0.6, frizz=0.0025, clump=0.45, strands=20000),
    "long-side": Style(0.40, 0.1, 0.22, "side", 0.5, curl=0.006, turn=0.13, frizz=0.004, clump=0.55, strands=20000),
    "long-wavy": Style(0.40, 0.12, 0.3, "middle", 0.45, curl=0.011, turn=0.10, frizz=0.004, clump=0.6, strands=18000),
    "long-curly": Style(0.32, 0.12, 0.4, "middle", 0.45, curl=0.010, turn=0.04, frizz=0.004, clump=0.75, strands=16000),
    "afro": Style(0.085, 0.1, 1.0, "out", 0.015, curl=0.006, turn=0.018, frizz=0.004, clump=0.3, strands=20000),
    "short-curly": Style(0.05, 0.15, 0.6, "out", 0.12, curl=0.005, turn=0.02, frizz=0.003, clump=0.6, strands=18000),
    "bun": Style(0.28, 0.05, 0.05, "back", 0.0, frizz=0.0010, clump=0.3, strands=16000, gather="bun", flyaway=0.05),
    "tail": Style(0.28, 0.05, 0.05, "back", 0.0, frizz=0.0010, clump=0.3, strands=16000, gather="tail", flyaway=0.05),
}


@dataclass
class Mesh:
    """A mesh to render: world vertices (N, 3), faces, per-vertex attributes, a material's name and settings."""

    name: str
    vertices: np.ndarray
    faces: list[list[int]]
    material: dict
    attributes: dict[str, np.ndarray] = field(default_factory=dict)
    subdivide: int = 1
    thickness: float = 0.0
    later: np.ndarray | None = None


@dataclass
class Built:
    """A person ready for the scene; `later` in meshes and strands is where they are when the shutter closes."""

    meshes: list[Mesh]
    strands: list[tuple[np.ndarray, dict]]
    joints: dict[str, np.ndarray]
    top: float


def build(data: BodyData, plan: dict, seed: int) -> Built:
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
    meshes, covered = _dress(data, plan, rest, posed, later, heads_m, random)
    body = _skin(data, plan, rest, posed, later, covered)
    on_head = np.flatnonzero(data.weights[:BODY_END, data.order.index("head")] > 0.95)
    turned = _turn_of(rest[on_head], posed[on_head])
    meshes = [body, *meshes, *_eyes(plan, posed, turned)]
    meshes += _lashes(data, posed)
    strands, top = _hair(data, plan, rest, posed, heads_m, joints, meshes, random)
    return Built(meshes, strands, joints, top)


BODY_END = 13380


def pose_turns(data: BodyData, heads: np.ndarray, plan: dict) -> dict[str, np.ndarray]:
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


def _dress(data, plan, rest, posed, later, heads, random):
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


def _garment(name, piece, look, thickness, rest, posed, later, random, snug=None):
    where = piece.of(rest)
    loose = look.get("loose", 0.0)
    outward = cloth.normals(piece.of(posed), piece.faces)
    amount = thickness + loose * 0.4 + (0.002 + 0.22 * loose) * cloth.folds(where, random, 0.11)
    amount += 0.0014 * cloth.folds(where, random, 0.035)
    amount = np.maximum(amount, 0.005)
    if snug is not None:
        amount *= piece.of(snug)
    vertices = cloth.smooth(piece.of(posed), piece.faces, 2) + outward * amount[:, None]
    moved = None
    if later is not None:
        moved = (
            cloth.smooth(piece.of(later), piece.faces, 2)
            + cloth.normals(piece.of(later), piece.faces) * amount[:, None]
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


def _drape(plan, turned, middle, surface, random):
    """A veil or shawl: threads laid like hair from a line over the head or around the neck, woven into a sheet."""
    drape = plan["drape"]
    threads, steps = 90, 56
    if drape["over"] == "head":
        angle = np.linspace(-1.75, 1.75, threads)
        local = np.stack(
            [0.098 * np.sin(angle), -0.005 + 0.035 * np.abs(angle / 1.75) ** 2, 0.115 * np.cos(angle) - 0.01], 1
        )
        way = np.stack([0.35 * np.sin(angle), np.full(threads, 1.0), 0.25 * np.cos(angle)], 1)
    else:
        angle = np.linspace(-2.7, 2.7, threads)
        local = np.stack([0.085 * np.sin(angle), 0.02 + 0.075 * np.cos(angle), np.full(threads, -0.15)], 1)
        way = np.stack([np.sin(angle), np.cos(angle), np.full(threads, -0.15)], 1)
    points = np.empty((threads, steps + 1, 3))
    points[:, 0] = surface.outside(local @ turned.T + middle, 0.012)
    heading = way @ turned.T
    wave = cloth.folds(np.stack([np.linspace(0, 1, threads), np.zeros(threads), np.zeros(threads)], 1), random, 0.09)
    for k in range(1, steps + 1):
        heading[:, 2] -= 0.02 if k < 16 and drape["over"] == "head" else 0.12
        heading /= np.linalg.norm(heading, axis=1, keepdims=True)
        margin = 0.012 + 0.010 * min(1, k / 20) * (1 + wave)
        moved = points[:, k - 1] + heading * drape["length"] / steps
        moved = surface.outside(moved, 0.012) + surface.normal(moved) * (margin - 0.012)[:, None] * 0.1
        # Threads hold together: each is drawn to the middle of its neighbours.
        moved[1:-1] += 0.15 * ((moved[:-2] + moved[2:]) / 2 - moved[1:-1])
        points[:, k] = surface.outside(moved, 0.008)
        heading = points[:, k] - points[:, k - 1]
    side = np.cross(points[:, -1] - points[:, 0], np.gradient(points[:, -1], axis=0))
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-9)
    points += (side * wave[:, None])[:, None] * 0.014 * np.linspace(0, 1, steps + 1)[None, :, None]
    vertices = points.reshape(-1, 3)
    row = steps + 1
    faces = [
        [t * row + k, t * row + k + 1, (t + 1) * row + k + 1, (t + 1) * row + k]
        for t in range(threads - 1)
        for k in range(steps)
    ]
    grid = np.stack(np.meshgrid(np.linspace(0, 0.5, threads), np.linspace(0, drape["length"], row), indexing="ij"), -1)
    grid = np.dstack([grid, np.zeros((threads, row))]).reshape(-1, 3)
    look = {k: v for k, v in drape.items() if k in ("kind", "colour", "second", "pattern", "scale", "alpha")}
    return Mesh("drape", vertices, faces, look, {"rest": grid[:, [0, 2, 1]]}, thickness=0.0)


def _skin(data, plan, rest, posed, later, covered_by):
    from scipy.spatial import cKDTree

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


def _eyes(plan, posed, turned):
    """Two balls with a bulging cornea, looking where the head does but for `gaze` (degrees to its left, and up)."""
    aside, up = plan["gaze"]
    gaze = turned @ turn("z", aside) @ turn("x", -up) @ np.array([0, -1.0, 0])
    rows, columns = 32, 48
    steps, phi = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 2 * np.pi, columns, endpoint=False), indexing="ij")
    # Finer towards the iris.
    angle, phi = np.pi * steps.reshape(-1) ** 1.6, phi.reshape(-1)
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


def _lashes(data, posed):
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


def _hair(data, plan, rest, posed, heads, joints, meshes, random):
    at = {name: heads[k] for k, name in enumerate(data.order)}
    faces = data.body_faces
    triangles = np.concatenate([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]])
    skin = posed[:BODY_END]
    outward = cloth.normals(skin, faces.tolist())
    surface_points, surface_normals = [skin], [outward]
    for mesh in meshes:
        if mesh.name == "shirt":
            surface_points.append(mesh.vertices)
            surface_normals.append(cloth.normals(mesh.vertices, mesh.faces))
    surface = Surface(np.concatenate(surface_points), np.concatenate(surface_normals))
    head_column = data.order.index("head")
    # The head's turn, from rest to posed, to comb hair in the head's own frame.
    on_head = np.flatnonzero(data.weights[:BODY_END, head_column] > 0.95)
    turned = _turn_of(rest[on_head], posed[on_head])
    top_of_head = rest[:BODY_END][on_head][:, 2].max()
    eye = (rest[LEFT_EYE].mean(0) + rest[RIGHT_EYE].mean(0)) / 2
    height = top_of_head - eye[2]
    ear_y = at["head"][1]
    local = rest[:BODY_END] - [0, ear_y, eye[2]]
    # Hairline: across the brow, in front of the ears down to their middle, low at the nape.
    rising = np.clip((local[:, 1] + 0.075) / 0.13, 0, 1)
    line = (
        height * (0.62 + plan.get("recede", 0) * (0.25 - 0.6 * np.abs(local[:, 0]) / 0.07 * 0)) * (1 - rising**1.3)
        - 0.075 * rising**2
    )
    line = line - 0.02 * np.clip(np.abs(local[:, 0]) / 0.06, 0, 1) ** 3 * (1 - rising)
    scalp = np.clip((local[:, 2] - line) / 0.010, 0, 1) * (data.weights[:BODY_END, head_column] > 0.5)
    ears = np.abs(local[:, 0]) > np.quantile(np.abs(rest[on_head][:, 0]), 0.985)
    ear_mask = data.mask("ears/l-ear-scale-incr", "ears/r-ear-scale-incr")[:BODY_END] > 0.35
    scalp[ears | ear_mask] = 0
    strands = []
    skull = rest[on_head][rest[on_head][:, 2] > eye[2] + 0.02]
    centre = np.array([0, (skull[:, 1].min() + skull[:, 1].max()) / 2, eye[2] + 0.02])
    moved_centre = posed[on_head].mean(0) + turned @ (centre - rest[on_head].mean(0))
    if plan.get("drape"):
        meshes.append(_drape(plan, turned, moved_centre, surface, random))
    style = STYLES.get(plan["hair"])
    top = skin[:, 2].max()
    if style is not None:
        style = Style(**{**style.__dict__, **plan.get("style", {})})
        share = plan.get("strand_share", 1.0)
        style.strands = int(style.strands * share)
        # Guides grow in the head's own frame and hang in the world's: turned back, grown, turned again.
        back = (surface.points - moved_centre) @ turned + centre
        rested = Surface(back, surface.normals @ turned)
        rest_skin = (skin - moved_centre) @ turned + centre
        rest_outward = outward @ turned
        roots, chosen, part = hairs.scatter(rest_skin, triangles, scalp, 700, random)
        way = (rest_outward[triangles[chosen]] * part[..., None]).sum(1)
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        guides = hairs.grow(roots, way, style, rested, centre, random)
        if style.curl:
            guides = hairs.refined(guides, 3 if style.turn < 0.05 else 2)
        roots, _, _ = hairs.scatter(rest_skin, triangles, scalp, style.strands, random)
        points = hairs.strands(guides, roots, style, rested, random)
        if style.gather:
            knot = centre + np.array([0, 0.115, 0.035 if style.gather == "bun" else 0.02])
            extra = _bun(knot, random) if style.gather == "bun" else _tail(knot, rested, random)
            strands.append(
                ((extra - centre) @ turned.T + moved_centre, {"radius": 0.00012 / share, **plan["hair_colour"]})
            )
        points = (points - centre) @ turned.T + moved_centre
        strands.append(
            (points, {"radius": (0.00011 if style.length > 0.1 else 0.0001) / share**0.7, **plan["hair_colour"]})
        )
        top = max(top, float(np.quantile(points[:, :, 2], 0.999)))
    strands.append(_brows(plan, skin, outward, triangles, posed, turned, random))
    if plan.get("beard"):
        strands.append(_beard(data, plan, rest, skin, outward, triangles, turned, eye, surface, random))
    return strands, top


def _turn_of(start, end):
    a, b = start - start.mean(0), end - end.mean(0)
    u, _, vt = np.linalg.svd(a.T @ b)
    turned = (u @ vt).T
    if np.linalg.det(turned) < 0:
        vt[-1] *= -1
        turned = (u @ vt).T
    return turned


def _bun(knot, random):
    count, steps = 5000, 24
    angle = random.uniform(0, 2 * np.pi, (count, 1)) + np.linspace(0, 2.4, steps)[None] * random.choice(
        [1, 1, 1, -1], (count, 1)
    )
    tube = random.uniform(0, 2 * np.pi, (count, 1)) + np.linspace(0, 1.5, steps)[None]
    radius = 0.019 * np.sqrt(random.uniform(0.5, 1, (count, 1)))
    ring = 0.021
    points = np.stack(
        [
            (ring + radius * np.cos(tube)) * np.cos(angle),
            radius * np.sin(tube) * 0.9 + 0.012,
            (ring + radius * np.cos(tube)) * np.sin(angle),
        ],
        -1,
    )
    stray = random.normal(0, 0.0012, (count, 1, 3)) + random.normal(0, 0.012, (count, 1, 3)) * (
        random.random((count, 1, 1)) < 0.02
    )
    return points + stray * np.linspace(0, 1, steps)[None, :, None] + knot


def _tail(knot, surface, random):
    style = Style(0.30, 0.1, 0.2, "back", 0.35, frizz=0.004, clump=0.4, strands=6000)
    roots = knot + random.normal(0, 0.009, (60, 3))
    way = np.tile([0, 1.0, 0.1], (60, 1)) + random.normal(0, 0.1, (60, 3))
    steps = 30
    points = np.empty((60, steps + 1, 3))
    points[:, 0] = roots
    for k in range(1, steps + 1):
        way[:, 2] -= 0.22
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        points[:, k] = surface.outside(points[:, k - 1] + way * 0.011, 0.01)
    return hairs.strands(points, knot + random.normal(0, 0.01, (6000, 3)), style, surface, random)


def _brows(plan, skin, outward, triangles, posed, turned, random):
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


def _finer(skin, triangles, marked, eyes, turned, outward, plan):
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


def _beard(data, plan, rest, skin, outward, triangles, turned, eye, surface, random):
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
    del surface
    return points, {"radius": 0.0001, **plan["hair_colour"], "dark": 0.8}
