# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture: built people, lit, rendered by Cycles in a colour and an alpha pass, made into straight 8-bit RGBA."""

import os
import sys
import tempfile
from pathlib import Path

import bpy
import cv2
import numpy as np
from materials import material
from mathutils import Matrix, Vector
from person import Built, Mesh

sys.path += [str(path) for path in Path(bpy.utils.resource_path("LOCAL")).glob("python/lib/python*/site-packages")]

WORLDS = Path(bpy.utils.system_resource("DATAFILES")) / "studiolights/world"


def render(people: list[tuple[Built, dict]], view: dict, size: tuple[int, int], samples: tuple[int, int]) -> np.ndarray:
    """Render people into one straight-colour picture.

    Args:
        people: what to show, each with its placement: `at` (metres), `yaw` (degrees), `props`.
        view: camera and light of the plan.
        size: height and width.
        samples: per pixel, of the colour pass and the alpha pass.

    Returns:
        (H, W, 4) uint8 RGBA, straight sRGB colours, 0 where alpha is 0.
    """
    scene = _fresh_scene(size)
    root = bpy.data.objects.new("root", None)
    scene.collection.objects.link(root)
    for number, (built, placement) in enumerate(people):
        holder = bpy.data.objects.new(f"person{number}", None)
        scene.collection.objects.link(holder)
        holder.parent = root
        holder.location = placement["at"]
        holder.rotation_euler = (0, 0, np.radians(placement["yaw"]))
        for mesh in [*built.meshes, *placement.get("props", [])]:
            _add_mesh(scene, mesh).parent = holder
        for index, (points, look) in enumerate(built.strands):
            _add_strands(scene, f"hair{number}-{index}", points, look).parent = holder
    _light(scene, view)
    _camera(scene, view)
    if view.get("sway"):
        _sway(scene, root, view["sway"])
    blurred = bool(view.get("sway")) or any(mesh.later is not None for built, _ in people for mesh in built.meshes)
    scene.render.use_motion_blur = blurred
    scene.render.motion_blur_shutter = 1.0
    colour, raw = _run(scene, samples[0], denoise=True)
    alpha = _alpha_pass(scene, samples[1])
    return _finish(colour, raw, alpha, view)


def _fresh_scene(size):
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.preferences.addon_enable(module="cycles")
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.render.resolution_y, scene.render.resolution_x = size
    scene.render.resolution_percentage = 100
    scene.render.film_transparent = True
    scene.view_settings.view_transform = "Raw"
    cycles = scene.cycles
    cycles.device, cycles.seed, cycles.use_adaptive_sampling = "CPU", 1, False
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 6, 2, 2
    cycles.transparent_max_bounces, cycles.transmission_bounces = 24, 4
    cycles.caustics_reflective = cycles.caustics_refractive = False
    scene.render.threads_mode = "FIXED"
    scene.render.threads = int(os.environ.get("THREADS", "2"))
    scene.frame_set(1)
    return scene


def _add_mesh(scene, mesh: Mesh):
    data = bpy.data.meshes.new(mesh.name)
    data.from_pydata(mesh.vertices.tolist(), [], mesh.faces)
    data.validate()
    for name, values in mesh.attributes.items():
        kind = "FLOAT_VECTOR" if values.ndim == 2 else "FLOAT"
        attribute = data.attributes.new(name, kind, "POINT")
        attribute.data.foreach_set("vector" if values.ndim == 2 else "value", np.asarray(values, np.float32).ravel())
    data.polygons.foreach_set("use_smooth", [True] * len(data.polygons))
    thing = bpy.data.objects.new(mesh.name, data)
    scene.collection.objects.link(thing)
    if mesh.later is not None:
        thing.shape_key_add(name="now")
        key = thing.shape_key_add(name="later")
        key.data.foreach_set("co", np.asarray(mesh.later, np.float32).ravel())
        for frame, value in ((0.5, 0.0), (1.5, 1.0)):
            key.value = value
            key.keyframe_insert("value", frame=frame)
        _straighten(data.shape_keys.animation_data)
    if mesh.thickness:
        solid = thing.modifiers.new("solid", "SOLIDIFY")
        solid.thickness, solid.offset = mesh.thickness, -1
    if mesh.subdivide:
        sub = thing.modifiers.new("sub", "SUBSURF")
        sub.levels = sub.render_levels = mesh.subdivide
    data.materials.append(material(mesh.material))
    return thing


def _straighten(animation):
    for layer in animation.action.layers:
        for strip in layer.strips:
            for bag in strip.channelbags:
                for curve in bag.fcurves:
                    for point in curve.keyframe_points:
                        point.interpolation = "LINEAR"


def _add_strands(scene, name, points, look):
    count, steps, _ = points.shape
    curves = bpy.data.hair_curves.new(name)
    curves.add_curves([steps] * count)
    curves.attributes["position"].data.foreach_set("vector", np.asarray(points, np.float32).ravel())
    radius = curves.attributes.get("radius") or curves.attributes.new("radius", "FLOAT", "POINT")
    taper = np.linspace(1, 0.35, steps)[None].repeat(count, 0) * look["radius"]
    radius.data.foreach_set("value", np.asarray(taper, np.float32).ravel())
    thing = bpy.data.objects.new(name, curves)
    scene.collection.objects.link(thing)
    curves.materials.append(material({"kind": "hair", **look}))
    return thing


def _light(scene, view):
    world = bpy.data.worlds.new("world")
    scene.world = world
    world.use_nodes = True
    tree = world.node_tree
    tree.nodes.clear()
    out = tree.nodes.new("ShaderNodeOutputWorld")
    glow = tree.nodes.new("ShaderNodeBackground")
    image = tree.nodes.new("ShaderNodeTexEnvironment")
    image.image = bpy.data.images.load(str(WORLDS / f"{view['world']}.exr"))
    mapping = tree.nodes.new("ShaderNodeMapping")
    mapping.inputs["Rotation"].default_value = (0, 0, np.radians(view["world_turn"]))
    where = tree.nodes.new("ShaderNodeTexCoord")
    tree.links.new(where.outputs["Generated"], mapping.inputs["Vector"])
    tree.links.new(mapping.outputs[0], image.inputs["Vector"])
    tree.links.new(image.outputs[0], glow.inputs["Color"])
    glow.inputs["Strength"].default_value = view["world_strength"]
    tree.links.new(glow.outputs[0], out.inputs["Surface"])
    target = Vector(view["target"])
    for number, lamp in enumerate(view["lamps"]):
        data = bpy.data.lights.new(f"lamp{number}", "AREA")
        data.energy, data.size, data.color = lamp["power"], lamp["size"], lamp["colour"]
        thing = bpy.data.objects.new(f"lamp{number}", data)
        scene.collection.objects.link(thing)
        thing.location = target + Vector(lamp["from"])
        thing.rotation_euler = (target - thing.location).to_track_quat("-Z", "Y").to_euler()


def _camera(scene, view):
    data = bpy.data.cameras.new("camera")
    data.lens, data.sensor_width = view["lens"], 36
    data.shift_x, data.shift_y = view.get("shift", (0, 0))
    thing = bpy.data.objects.new("camera", data)
    scene.collection.objects.link(thing)
    thing.location = view["camera"]
    way = Vector(view["target"]) - thing.location
    thing.rotation_euler = (
        way.to_track_quat("-Z", "Y").to_matrix() @ Matrix.Rotation(np.radians(view.get("roll", 0)), 3, "Z")
    ).to_euler()
    scene.camera = thing


def _sway(scene, root, sway):
    """Move everything while the shutter is open: a shift and a turn about a point, hair and all."""
    pivot = Vector(sway["pivot"])
    for frame, share in ((0.5, -0.5), (1.5, 0.5)):
        spin = Matrix.Rotation(np.radians(sway["turn"] * share), 3, Vector(sway["axis"]))
        root.rotation_euler = spin.to_euler()
        root.location = Vector(sway["shift"]) * share + pivot - spin @ pivot
        root.keyframe_insert("location", frame=frame)
        root.keyframe_insert("rotation_euler", frame=frame)
    _straighten(root.animation_data)


def _run(scene, samples, denoise):
    scene.cycles.samples = samples
    scene.cycles.use_denoising = denoise
    if denoise:
        scene.cycles.denoiser = "OPENIMAGEDENOISE"
        scene.cycles.denoising_input_passes = "RGB_ALBEDO_NORMAL"
        scene.view_layers[0].cycles.denoising_store_passes = True
    with tempfile.TemporaryDirectory() as folder:
        settings = scene.render.image_settings
        if hasattr(settings, "media_type"):
            settings.media_type = "MULTI_LAYER_IMAGE" if denoise else "IMAGE"
        settings.file_format = "OPEN_EXR_MULTILAYER" if denoise else "OPEN_EXR"
        settings.color_depth = "32"
        settings.color_mode = "RGBA"
        path = str(Path(folder) / "picture.exr")
        scene.render.filepath = path
        bpy.ops.render.render(write_still=True)
        return _read(path, denoise)


def _read(path, layered):
    import OpenImageIO  # bpy carries it in a folder of its own

    source = OpenImageIO.ImageInput.open(path)
    names, found = [], {}
    part = 0
    while source.seek_subimage(part, 0):
        spec = source.spec()
        pixels = np.asarray(source.read_image(part, 0, 0, spec.nchannels, OpenImageIO.FLOAT)).reshape(
            spec.height, spec.width, -1
        )
        for k, name in enumerate(spec.channelnames):
            full = name if "." in name or not layered else f"{spec.getattribute('name') or ''}.{name}"
            names.append(full)
            found[full] = pixels[..., k]
        part += 1
    source.close()

    def pick(words):
        out = []
        for channel in "RGBA":
            options = [n for n in names if all(w in n for w in words) and n.rsplit(".", 1)[-1] == channel]
            out.append(
                found[options[0]] if options else found[next(n for n in names if "Combined" in n and n.endswith(".A"))]
            )
        return np.stack(out, -1)

    if not layered:
        return np.stack([found[c] for c in "RGBA"], -1), None
    return pick(["Combined"]), pick(["Noisy"])


def _alpha_pass(scene, samples):
    """Render what covers what: every material black, gauze as clear as it is, no light."""
    for used in bpy.data.materials:
        tree = used.node_tree
        dark = tree.nodes.new("ShaderNodeEmission")
        dark.inputs["Color"].default_value = (0, 0, 0, 1)
        mixed = [node for node in tree.nodes if node.type == "MIX_SHADER"]
        if mixed:
            tree.links.new(dark.outputs[0], mixed[0].inputs[2])
        else:
            out = next(node for node in tree.nodes if node.type == "OUTPUT_MATERIAL")
            tree.links.new(dark.outputs[0], out.inputs["Surface"])
    for thing in [o for o in scene.objects if o.type == "LIGHT"]:
        bpy.data.objects.remove(thing)
    scene.world = None
    scene.cycles.max_bounces = 0
    picture, _ = _run(scene, samples, denoise=False)
    return np.clip(picture[..., 3], 0, 1)


def _finish(colour, raw, alpha, view):
    """Divide out alpha, carry colours outward to where alpha is faint, tone-map, round."""
    own = np.clip(colour[..., 3:], 0, 1)
    straight = colour[..., :3] / np.maximum(own, 1e-4)
    plain = raw[..., :3] / np.maximum(np.clip(raw[..., 3:], 0, 1), 1e-4)
    # The denoiser darkens faint hair: there the raw colour is nearer the truth.
    faint = np.clip((0.6 - own) / 0.4, 0, 1)
    straight = straight * (1 - faint) + plain * faint
    weight = np.clip(own, 0, 1) ** 2 * (own > 0.02)
    straight = np.clip(_carried(straight, weight[..., 0]), 0, None)
    mapped = _toned(straight * view["exposure"])
    eight = np.round(alpha * 255).astype(np.uint8)
    picture = np.dstack([np.round(mapped * 255).astype(np.uint8), eight])
    picture[eight == 0] = 0
    return picture


def _carried(image, weight):
    """Fill where weight is small with the colours around, from fine to coarse."""
    filled, sure = image * weight[..., None], weight.copy()
    out = image.copy()
    trust = np.clip(weight * 3, 0, 1)[..., None]
    levels = []
    for sigma in (1.0, 2.5, 6, 16, 48):
        total = cv2.GaussianBlur(filled.astype(np.float32), (0, 0), sigma)
        count = cv2.GaussianBlur(sure.astype(np.float32), (0, 0), sigma)
        levels.append((total / np.maximum(count, 1e-6)[..., None], np.clip(count * 20, 0, 1)[..., None]))
    around = levels[-1][0]
    for mean, share in reversed(levels[:-1]):
        around = mean * share + around * (1 - share)
    return out * trust + around * (1 - trust)


def _toned(linear):
    """A soft shoulder (Narkowicz's fit of ACES), then the sRGB curve."""
    x = np.clip(linear, 0, None) * 0.8
    film = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1)
    return np.where(film <= 0.0031308, film * 12.92, 1.055 * film ** (1 / 2.4) - 0.055)
