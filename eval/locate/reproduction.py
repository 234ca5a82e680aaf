"""The minimal reproduction: the part of each graph around the parting, its inputs, both outputs, and a script."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from configs.files import write_atomically
from configs.text import visible
from converter.taps.base import Cut, Taps
from eval.locate.compare import Array
from eval.locate.record import INPUTS_A, INPUTS_B, OUTPUTS, SCRIPT, Parting
from eval.locate.search import Pair

TEMPLATES = Path(__file__).parent / "templates"


def write_reproduction(folder: Path, pair: Pair, parting: Parting, cut_a: Cut, cut_b: Cut) -> None:
    """Write the inputs, outputs and script beside the parts that were already stored in `folder`.

    Both parts get A's values as inputs, so that what still differs is made by these nodes alone; an input of the graph
    itself is given as each form wants it.
    """
    target = parting.tensor
    inner = sorted({*cut_a.inputs, *cut_b.inputs} & pair.names)
    values = pair.a.read([*inner, target], pair.feed_a)
    output_a = values.pop(target)
    _save(folder / INPUTS_A, {name: {**pair.feed_a, **values}[name] for name in cut_a.inputs})
    _save(folder / INPUTS_B, {name: {**pair.feed_b, **values}[name] for name in cut_b.inputs})
    output_b = pair.b.read([target], pair.feed_b)[target]
    _save(folder / OUTPUTS, {"a": output_a, "b": output_b})
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, trim_blocks=True, autoescape=False
    )
    environment.filters["words"] = words
    text = environment.get_template("reproduce.py.j2").render(
        tensor=target,
        a=_side(pair.a, cut_a),
        b=_side(pair.b, cut_b),
        relative=pair.tolerance.relative,
        absolute=pair.tolerance.absolute,
    )
    write_atomically(folder / SCRIPT, text)


def words(text: str) -> str:
    """Return text as it may stand in a docstring: a graph's names are whatever its maker chose."""
    return visible(text).replace("\\", "\\\\").replace('"', "'")


def _side(taps: Taps, cut: Cut) -> dict[str, Any]:
    return {
        "label": taps.label,
        "nodes": ", ".join(f"{node.name} ({node.operation})" for node in cut.nodes),
        "file": None if cut.file is None else cut.file.name,
        "precision": taps.precision,
    }


def _save(path: Path, arrays: Mapping[str, Array]) -> None:
    with path.open("wb") as stream:
        np.savez(stream, **arrays)  # type: ignore[arg-type]  # names of tensors, none of which is `allow_pickle`
