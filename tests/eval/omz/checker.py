"""How accuracy_checker reads its configuration and a set, written anew from its rules, for the tests of the export."""

import re
from pathlib import Path
from typing import Any

import yaml


def evaluations(command: list[str]) -> list[dict[str, Any]]:
    """Return the models of the configuration that a command names, with the definitions of its sets, paths resolved."""
    given = dict(zip(command[1::2], command[2::2], strict=True))
    content = yaml.safe_load(Path(given["-c"]).read_text(encoding="utf-8"))
    known = {each["name"]: each for each in yaml.safe_load(Path(given["-d"]).read_text(encoding="utf-8"))["datasets"]}
    for model in content["models"]:
        for launcher in model["launchers"]:
            for key in ("model", "weights"):
                launcher[key] = Path(given["-m"]) / launcher[key]
        model["datasets"] = [{**known[each["name"]], **each} for each in model["datasets"]]
        for each in model["datasets"]:
            each["data_source"] = Path(given["-s"]) / each["data_source"]
            conversion = each["annotation_conversion"]
            conversion.update(
                {key: Path(given["-s"]) / value for key, value in conversion.items() if key.endswith("_dir")}
            )
    return list(content["models"])


def pairs(dataset: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return what the converter `background_matting_sequential` pairs: composite, plate, foreground, below the source.

    Its own steps: all that matches the pattern, the names of the folders those are in, each such folder again, and of
    every name what stands before the ending.
    """
    rules = dataset["annotation_conversion"]
    assert rules["converter"] == "background_matting_sequential" and rules["with_background"] and rules["with_alpha"]
    images = rules["images_dir"].glob(f"{rules['image_prefix']}**/*{rules['image_postfix']}")
    found = []
    for clip in sorted({image.parent.name for image in images}):
        folder = rules["images_dir"] / rules["image_prefix"] / clip
        for image in sorted(folder.glob(f"*{rules['image_postfix']}")):
            base = image.name.split(rules["image_prefix"])[-1].split(rules["image_postfix"])[0]
            composite, plate, mask = (
                f"{rules[f'{kind}_prefix']}{clip}/{base}{rules[f'{kind}_postfix']}"
                for kind in ("image", "background", "mask")
            )
            places = (rules["images_dir"] / composite, rules["backgrounds_dir"] / plate, rules["masks_dir"] / mask)
            if all(place.exists() for place in places):
                found.append((composite, plate, mask))
    size = dataset.get("subsample_size")
    assert size is None or dataset["shuffle"] is False
    return found[:size]


def fed(inputs: list[dict[str, str]], names: tuple[str, ...]) -> dict[str, str]:
    """Return which of a sample's pictures each input of the network is fed."""
    return {each["name"]: next(name for name in names if re.match(each["value"], name)) for each in inputs}
