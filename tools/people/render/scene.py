# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture: built people, lit, rendered by Cycles in a colour and an alpha pass."""

import os
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix, Vector

from tools.people.figure.mesh import Built, Mesh
from tools.people.render.finish import finish
from tools.people.render.materials import material
from tools.people.render.passes import render_alpha, render_colour

WORLDS = Path(bpy.utils.system_resource("DATAFILES")) / "studiolights/world"


def render(
    people: list[tuple[Built, dict[str, Any]]], view: dict[str, Any], size: tuple[int, int], samples: tuple[int, int]
) -> np.ndarray:
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
        _sway(root, view["sway"])
    blurred = bool(view.get("sway")) or any(mesh.later is not None for built, _ in people for mesh in built.meshes)
    scene.render.use_motion_blur = blurred
    scene.render.motion_blur_shutter = 1.0
    colour, raw = render_colour(scene, samples[0])
    alpha = render_alpha(scene, samples[1])
    return finish(colour, raw, alpha, view)


def _fresh_scene(size: tuple[int, int]) -> Any:
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


def _add_mesh(scene: Any, mesh: Mesh) -> Any:
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


def _straighten(animation: Any) -> None:
    for layer in animation.action.layers:
        for strip in layer.strips:
            for bag in strip.channelbags:
                for curve in bag.fcurves:
                    for point in curve.keyframe_points:
                        point.interpolation = "LINEAR"


def _add_strands(scene: Any, name: str, points: np.ndarray, look: dict[str, Any]) -> Any:
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


def _light(scene: Any, view: dict[str, Any]) -> None:
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


def _camera(scene: Any, view: dict[str, Any]) -> None:
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


def _sway(root: Any, sway: dict[str, Any]) -> None:
    """Move everything while the shutter is open: a shift and a turn about a point, hair and all."""
    pivot = Vector(sway["pivot"])
    for frame, share in ((0.5, -0.5), (1.5, 0.5)):
        spin = Matrix.Rotation(np.radians(sway["turn"] * share), 3, Vector(sway["axis"]))
        root.rotation_euler = spin.to_euler()
        root.location = Vector(sway["shift"]) * share + pivot - spin @ pivot
        root.keyframe_insert("location", frame=frame)
        root.keyframe_insert("rotation_euler", frame=frame)
    _straighten(root.animation_data)
