# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture: built people, lit, rendered by Cycles in a colour and an alpha pass, made into straight 8-bit RGBA."""

import os
import sys
import tempfile
from pathlib import Path

import bpy
import cv2
import numpy as np
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
    data.materials.append(_material(mesh.material))
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
    curves.materials.append(_material({"kind": "hair", **look}))
    return thing


class _Nodes:
    """A material's node tree, with short words to build it."""

    def __init__(self, name):
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.tree.nodes.clear()
        self.out = self.tree.nodes.new("ShaderNodeOutputMaterial")

    def new(self, kind, **inputs):
        node = self.tree.nodes.new(f"ShaderNode{kind}")
        for key, value in inputs.items():
            if key in node.inputs:
                socket = node.inputs[key]
                if isinstance(value, bpy.types.NodeSocket):
                    self.tree.links.new(value, socket)
                else:
                    socket.default_value = value
        return node

    def attribute(self, name):
        node = self.tree.nodes.new("ShaderNodeAttribute")
        node.attribute_name = name
        return node

    def mix(self, factor, a, b):
        node = self.tree.nodes.new("ShaderNodeMix")
        node.data_type = "RGBA"
        for socket, value in ((node.inputs[0], factor), (node.inputs[6], a), (node.inputs[7], b)):
            if isinstance(value, bpy.types.NodeSocket):
                self.tree.links.new(value, socket)
            else:
                socket.default_value = value
        return node.outputs[2]

    def ramp(self, value, *stops):
        node = self.tree.nodes.new("ShaderNodeValToRGB")
        self.tree.links.new(value, node.inputs[0])
        ramp = node.color_ramp
        while len(ramp.elements) < len(stops):
            ramp.elements.new(0.5)
        for element, (at, colour) in zip(ramp.elements, stops, strict=True):
            element.position, element.color = at, _rgba(colour)
        return node.outputs[0]

    def finish(self, shader):
        self.tree.links.new(shader, self.out.inputs["Surface"])
        return self.material


def _rgba(colour):
    return (colour, colour, colour, 1) if isinstance(colour, float | int) else (*colour, 1)


def _material(look):
    return {
        "skin": _skin,
        "hair": _hair,
        "eye": _eye,
        "lash": _plain,
        "cloth": _cloth,
        "gauze": _gauze,
        "leather": _cloth,
        "plain": _plain,
        "glossy": _plain,
        "leaf": _plain,
    }[look["kind"]](look)


def _skin(look):
    nodes = _Nodes("skin")
    where = nodes.attribute("rest").outputs["Vector"]
    patches = nodes.new("TexNoise", Vector=where, Scale=38.0, Detail=4.0).outputs[0]
    base = np.array(look["colour"])
    colour = nodes.mix(
        nodes.ramp(patches, (0.35, 0.0), (0.7, 1.0)), _rgba(base * 0.88), _rgba(np.minimum(base * 1.08, 1))
    )
    flush = base * [1.02, 0.72, 0.68]
    colour = nodes.mix(
        nodes.ramp(nodes.attribute("cheeks").outputs["Fac"], (0.0, 0.0), (1.0, 0.45)), colour, _rgba(flush)
    )
    colour = nodes.mix(
        nodes.ramp(nodes.attribute("lips").outputs["Fac"], (0.1, 0.0), (0.8, look.get("lips", 0.7))),
        colour,
        _rgba(look["lip"]),
    )
    freckles = nodes.new("TexNoise", Vector=where, Scale=420.0, Detail=2.0).outputs[0]
    colour = nodes.mix(
        nodes.ramp(freckles, (0.60, 0.0), (0.72, look.get("freckles", 0.12))), colour, _rgba(base * [0.6, 0.45, 0.4])
    )
    pores = nodes.new("TexNoise", Vector=where, Scale=900.0, Detail=3.0).outputs[0]
    bump = nodes.new("Bump", Height=pores, Strength=0.12, Distance=0.0006)
    shader = nodes.new(
        "BsdfPrincipled",
        **{
            "Base Color": colour,
            "Roughness": look.get("roughness", 0.45),
            "Subsurface Weight": 0.25,
            "Subsurface Scale": 0.006,
            "Specular IOR Level": 0.4,
            "Normal": bump.outputs[0],
        },
    )
    shader.inputs["Subsurface Radius"].default_value = (1.0, 0.35, 0.2)
    return nodes.finish(shader.outputs[0])


def _hair(look):
    nodes = _Nodes("hair")
    info = nodes.tree.nodes.new("ShaderNodeHairInfo")
    node = nodes.tree.nodes.new("ShaderNodeBsdfHairPrincipled")
    if hasattr(node, "parametrization"):
        node.parametrization = "MELANIN"
    for key, value in {
        "Melanin": min(1.0, look["melanin"] + 0.15 * look.get("dark", 0)),
        "Melanin Redness": look["redness"],
        "Roughness": 0.32,
        "Radial Roughness": 0.35,
        "Random Color": 0.3,
        "Random Roughness": 0.2,
        "Coat": 0.0,
    }.items():
        if key in node.inputs:
            node.inputs[key].default_value = value
    if look.get("dye"):
        node.parametrization = "COLOR"
        node.inputs["Color"].default_value = _rgba(look["dye"])
    nodes.tree.links.new(info.outputs["Random"], node.inputs["Random"])
    return nodes.finish(node.outputs[0])


def _eye(look):
    nodes = _Nodes("eye")
    angle = nodes.attribute("angle").outputs["Fac"]
    iris = np.array(look["colour"])
    colour = nodes.ramp(
        angle,
        (0.0, 0.004),
        (0.175, 0.004),
        (0.19, tuple(iris * 1.15)),
        (0.36, tuple(iris)),
        (0.42, tuple(iris * 0.25)),
        (0.45, (0.62, 0.57, 0.54)),
        (1.0, (0.55, 0.45, 0.42)),
    )
    shader = nodes.new(
        "BsdfPrincipled",
        **{
            "Base Color": colour,
            "Roughness": 0.08,
            "Specular IOR Level": 0.6,
            "Coat Weight": 0.6,
            "Coat Roughness": 0.02,
        },
    )
    return nodes.finish(shader.outputs[0])


def _plain(look):
    nodes = _Nodes("plain")
    glossy = look["kind"] == "glossy"
    shader = nodes.new("BsdfPrincipled", **{"Base Color": _rgba(look["colour"]), "Roughness": 0.15 if glossy else 0.6})
    if look["kind"] == "lash":
        clear = nodes.new("BsdfTransparent")
        stripes = nodes.new("TexNoise", Vector=nodes.attribute("rest").outputs["Vector"], Scale=900.0).outputs[0]
        mixed = nodes.new("MixShader")
        nodes.tree.links.new(nodes.ramp(stripes, (0.42, 0.0), (0.5, 0.75)), mixed.inputs[0])
        nodes.tree.links.new(clear.outputs[0], mixed.inputs[1])
        nodes.tree.links.new(shader.outputs[0], mixed.inputs[2])
        return nodes.finish(mixed.outputs[0])
    return nodes.finish(shader.outputs[0])


def _pattern(nodes, look):
    colour, second = _rgba(look["colour"]), _rgba(look.get("second", look["colour"]))
    where = nodes.attribute("rest").outputs["Vector"]
    scale = look.get("scale", 1.0)
    kind = look.get("pattern", "plain")
    if kind == "stripes":
        wave = nodes.new("TexWave", Vector=where, Scale=14.0 * scale)
        wave.bands_direction = "Z"
        return nodes.mix(nodes.ramp(wave.outputs[1], (0.48, 0.0), (0.52, 1.0)), colour, second)
    if kind == "plaid":
        first = nodes.new("TexWave", Vector=where, Scale=10.0 * scale)
        first.bands_direction = "Z"
        other = nodes.new("TexWave", Vector=where, Scale=10.0 * scale)
        other.bands_direction = "X"
        base = nodes.mix(nodes.ramp(first.outputs[1], (0.45, 0.0), (0.55, 0.6)), colour, second)
        return nodes.mix(nodes.ramp(other.outputs[1], (0.45, 0.0), (0.55, 0.5)), base, second)
    if kind == "dots":
        cells = nodes.new("TexVoronoi", Vector=where, Scale=26.0 * scale)
        return nodes.mix(nodes.ramp(cells.outputs["Distance"], (0.26, 1.0), (0.30, 0.0)), colour, second)
    if kind == "flowers":
        cells = nodes.new("TexVoronoi", Vector=where, Scale=18.0 * scale)
        petals = nodes.mix(
            nodes.ramp(cells.outputs["Distance"], (0.30, 1.0), (0.42, 0.0)), colour, cells.outputs["Color"]
        )
        return nodes.mix(nodes.ramp(cells.outputs["Distance"], (0.08, 1.0), (0.12, 0.0)), petals, second)
    if kind == "mottled":
        noise = nodes.new("TexNoise", Vector=where, Scale=12.0 * scale, Detail=5.0)
        return nodes.mix(nodes.ramp(noise.outputs[0], (0.40, 0.0), (0.60, 1.0)), colour, second)
    return nodes.mix(0.0, colour, colour)


def _cloth(look):
    nodes = _Nodes("cloth")
    colour = _pattern(nodes, look)
    where = nodes.attribute("rest").outputs["Vector"]
    weave = nodes.new("TexNoise", Vector=where, Scale=700.0, Detail=2.0).outputs[0]
    wrinkles = nodes.new("TexNoise", Vector=where, Scale=16.0, Detail=3.0, Distortion=1.2).outputs[0]
    coarse = nodes.new("Bump", Height=wrinkles, Strength=0.55, Distance=0.018)
    bump = nodes.new("Bump", Height=weave, Strength=0.25, Distance=0.0008, Normal=coarse.outputs[0])
    leather = look["kind"] == "leather"
    shader = nodes.new(
        "BsdfPrincipled",
        **{
            "Base Color": colour,
            "Roughness": 0.35 if leather else 0.85,
            "Sheen Weight": 0.0 if leather else 0.25,
            "Normal": bump.outputs[0],
        },
    )
    return nodes.finish(shader.outputs[0])


def _gauze(look):
    nodes = _Nodes("gauze")
    colour = _pattern(nodes, look)
    # Seen edge-on the cloth hides more: its layer is longer there.
    facing = nodes.new("LayerWeight", Blend=0.35)
    cover = nodes.ramp(
        facing.outputs["Facing"],
        (0.0, look["alpha"]),
        (0.75, min(1.0, look["alpha"] * 1.25)),
        (1.0, min(0.95, look["alpha"] * 2.2)),
    )
    nodes.tree.nodes.active = None
    cloth = nodes.new("BsdfPrincipled", **{"Base Color": colour, "Roughness": 0.7, "Sheen Weight": 0.3})
    clear = nodes.new("BsdfTransparent")
    mixed = nodes.new("MixShader")
    nodes.tree.links.new(cover, mixed.inputs[0])
    nodes.tree.links.new(clear.outputs[0], mixed.inputs[1])
    nodes.tree.links.new(cloth.outputs[0], mixed.inputs[2])
    mixed.name = "gauze-mix"
    return nodes.finish(mixed.outputs[0])


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
    for material in bpy.data.materials:
        tree = material.node_tree
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
