"""Where the files of a converted model folder lie in it: the property of its record that everything goes by."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from configs.errors import UsageError
from configs.records import Frozen
from configs.schema import ConvertSection, Layout

_ONNX = {"onnx": Path("exported.onnx"), "onnx-simplified": Path("model.onnx")}
_OMZ_PRECISIONS = {"fp32": "FP32", "fp16": "FP16", "int8": "FP32-INT8"}
"""What the Open Model Zoo calls these weights; what our int8 IR leaves float is stored in FP32."""
_MODEL = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


class Placement(Frozen):
    """Where each form's files lie.

    Attributes:
        layout: `plain` puts an IR at `fp16/model.xml`, `omz` at `public/<model>/FP16/<model>.xml`, where the tools of
            the Open Model Zoo look for it. An ONNX lies in the folder itself.
        model: the name of the model, which only `omz` uses.
    """

    layout: Layout = "plain"
    model: Annotated[str, Field(pattern=_MODEL)] = "model"

    def path(self, hop: str) -> Path:
        """Return the file that runs the form made by `hop`, relative to the converted model folder."""
        if hop in _ONNX:
            return _ONNX[hop]
        precision = hop.removeprefix("ir-")
        if self.layout == "plain":
            return Path(precision) / "model.xml"
        return Path("public", self.model, _OMZ_PRECISIONS.get(precision, precision), f"{self.model}.xml")

    def files(self, hop: str) -> tuple[Path, ...]:
        """Return all files of the form made by `hop`, relative to the converted model folder."""
        path = self.path(hop)
        return (path,) if hop in _ONNX else (path, path.with_suffix(".bin"))


def placement_of(settings: ConvertSection) -> Placement:
    """Return where a conversion puts its files; in OMZ's layout the name of its folder is the model's.

    Raises:
        UsageError: the folder has a name that no model of the Open Model Zoo could have.
    """
    if settings.layout == "plain":
        return Placement()
    name = settings.out.absolute().name
    try:
        return Placement(layout=settings.layout, model=name)
    except ValueError as error:
        raise UsageError(
            f"convert.out: with `layout: omz` the folder's name is the model's: expected letters, digits, dots, "
            f"hyphens and underscores, as in models/background-matting-mobilenetv2, found {name!r}"
        ) from error
