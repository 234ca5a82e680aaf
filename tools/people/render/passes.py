# SPDX-License-Identifier: GPL-3.0-or-later
"""Cycles at work on a scene: a colour pass, denoised and raw, and an alpha pass."""

import sys
import tempfile
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path += [str(path) for path in Path(bpy.utils.resource_path("LOCAL")).glob("python/lib/python*/site-packages")]


def render_colour(scene: Any, samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the scene's colours, denoised and as sampled, (H, W, 4) float32 linear RGBA each, times alpha."""
    colour, raw = _run(scene, samples, denoise=True)
    assert raw is not None
    return colour, raw


def render_alpha(scene: Any, samples: int) -> np.ndarray:
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
    return np.asarray(np.clip(picture[..., 3], 0, 1))


def _run(scene: Any, samples: int, denoise: bool) -> tuple[np.ndarray, np.ndarray | None]:
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


def _read(path: str, layered: bool) -> tuple[np.ndarray, np.ndarray | None]:
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

    def pick(name_parts: list[str]) -> np.ndarray:
        out = []
        for channel in "RGBA":
            options = [n for n in names if all(part in n for part in name_parts) and n.rsplit(".", 1)[-1] == channel]
            out.append(
                found[options[0]] if options else found[next(n for n in names if "Combined" in n and n.endswith(".A"))]
            )
        return np.stack(out, -1)

    if not layered:
        return np.stack([found[c] for c in "RGBA"], -1), None
    return pick(["Combined"]), pick(["Noisy"])
