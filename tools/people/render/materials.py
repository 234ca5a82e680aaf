# SPDX-License-Identifier: GPL-3.0-or-later
"""Materials as Cycles node trees: skin, hair, eyes, cloth, gauze."""

from typing import Any

import bpy
import numpy as np


class _Nodes:
    """A material's node tree, with short words to build it."""

    def __init__(self, name: str) -> None:
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.tree.nodes.clear()
        self.out = self.tree.nodes.new("ShaderNodeOutputMaterial")

    def new(self, kind: str, **inputs: Any) -> Any:
        node = self.tree.nodes.new(f"ShaderNode{kind}")
        for key, value in inputs.items():
            if key in node.inputs:
                socket = node.inputs[key]
                if isinstance(value, bpy.types.NodeSocket):
                    self.tree.links.new(value, socket)
                else:
                    socket.default_value = value
        return node

    def attribute(self, name: str) -> Any:
        node = self.tree.nodes.new("ShaderNodeAttribute")
        node.attribute_name = name
        return node

    def mix(self, factor: Any, a: Any, b: Any) -> Any:
        node = self.tree.nodes.new("ShaderNodeMix")
        node.data_type = "RGBA"
        for socket, value in ((node.inputs[0], factor), (node.inputs[6], a), (node.inputs[7], b)):
            if isinstance(value, bpy.types.NodeSocket):
                self.tree.links.new(value, socket)
            else:
                socket.default_value = value
        return node.outputs[2]

    def ramp(self, value: Any, *stops: tuple[float, Any]) -> Any:
        node = self.tree.nodes.new("ShaderNodeValToRGB")
        self.tree.links.new(value, node.inputs[0])
        ramp = node.color_ramp
        while len(ramp.elements) < len(stops):
            ramp.elements.new(0.5)
        for element, (at, colour) in zip(ramp.elements, stops, strict=True):
            element.position, element.color = at, _rgba(colour)
        return node.outputs[0]

    def finish(self, shader: Any) -> Any:
        self.tree.links.new(shader, self.out.inputs["Surface"])
        return self.material


def _rgba(colour: Any) -> tuple[float, ...]:
    return (colour, colour, colour, 1) if isinstance(colour, float | int) else (*colour, 1)


def material(look: dict[str, Any]) -> Any:
    """Return the Blender material for a look: `kind` and that kind's settings."""
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


def _skin(look: dict[str, Any]) -> Any:
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


def _hair(look: dict[str, Any]) -> Any:
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


def _eye(look: dict[str, Any]) -> Any:
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


def _plain(look: dict[str, Any]) -> Any:
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


def _pattern(nodes: _Nodes, look: dict[str, Any]) -> Any:
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


def _cloth(look: dict[str, Any]) -> Any:
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


def _gauze(look: dict[str, Any]) -> Any:
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
