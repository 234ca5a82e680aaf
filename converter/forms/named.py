"""Models of anybody's that run beside the variants, each under a name of its own, and what is said of their images."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from configs.errors import DataError, UsageError, shortened
from configs.records import Frozen
from configs.schema import EvaluateSection, NamedModel
from configs.yaml_file import read_yaml
from converter.forms.contract import ColourOrder
from converter.forms.variant import CPU, ORIGINAL, PRECISIONS, FormFile, file_at, parse_variants, variant_names

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,39}")
_OF_VARIANTS = re.compile(rf"torch|{ORIGINAL}|onnx.*|ir-.*|all", re.IGNORECASE)
_RANGE = r"^-?[0-9]+(\.[0-9]+)?\.\.[0-9]+(\.[0-9]+)?$"


class GivenContract(Frozen):
    """What a user says of a model's images; None is not said, and proved.

    Attributes:
        colour: order of the channels that the input images have.
        background_colour: that of the background, where it is another.
        range: of their values, black to white, such as `0..255`.
        layout: order of their axes.
        source, background, alpha, foreground: the tensors' names.
        foreground_colour: order of the foreground's channels.
        output_range: of alpha and foreground, `0..1` or `0..255`.
    """

    colour: ColourOrder | None = None
    background_colour: ColourOrder | None = None
    range: Annotated[str, Field(pattern=_RANGE)] | None = None
    layout: Literal["NCHW", "NHWC"] | None = None
    source: str | None = None
    background: str | None = None
    alpha: str | None = None
    foreground: str | None = None
    foreground_colour: ColourOrder | None = None
    output_range: Annotated[str, Field(pattern=_RANGE)] | None = None

    @property
    def says_something(self) -> bool:
        """Whether anything is given."""
        return self != GivenContract()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of tensors that are given."""
        given = (self.source, self.background, self.alpha, self.foreground)
        return tuple(name for name in given if name is not None)


@dataclass(frozen=True, slots=True)
class NamedForm:
    """A model of anybody's: an ONNX or IR that runs under a name of its own.

    Attributes:
        name: in tables, results and options.
        file: that runs, and where.
        given: what the user says of its images.
    """

    name: str
    file: FormFile
    given: GivenContract

    @property
    def is_ir(self) -> bool:
        """Whether OpenVINO runs it."""
        return self.file.path.suffix == ".xml"


def named_forms(models: Mapping[str, NamedModel], device: str = CPU) -> tuple[NamedForm, ...]:
    """Return the configured models; IRs whose path says no device run on `device`.

    Raises:
        UsageError: a name or a path is not one, or a contract says something else than its keys allow.
        DataError: a file is missing.
    """
    return tuple(_named_form(name, model, device) for name, model in models.items())


def names_to_run(section: EvaluateSection) -> tuple[str, ...]:
    """Return the names of everything that a job evaluates: its variants, then its models.

    Raises:
        UsageError: a variant is unknown.
    """
    return (*(variant.name for variant in parse_variants(section.variants, section.device)), *section.models)


def _named_form(name: str, model: NamedModel, device: str) -> NamedForm:
    if not _NAME.fullmatch(name) or _OF_VARIANTS.fullmatch(name):
        raise UsageError(
            f"evaluate.models: a model cannot be called {shortened(repr(name))}; expected up to 40 letters, digits and "
            "._+-, and no name of a variant (torch, onnx..., ir-...), such as omz-fp16"
        )
    file = file_at(model.path, device)
    if file is None:
        raise UsageError(
            f"evaluate.models.{name}: expected the path of an IR or ONNX such as model.xml, model.onnx, or "
            f"model.xml@PRECISION (model.xml@DEVICE.PRECISION) with one of {', '.join(PRECISIONS)}; an ONNX runs in "
            f"f32; found {shortened(repr(model.path))}"
        )
    files = (file.path, file.path.with_suffix(".bin")) if file.path.suffix == ".xml" else (file.path,)
    if missing := next((each for each in files if not each.is_file()), None):
        part = "the weights of an IR lie beside its .xml; " if missing.suffix == ".bin" else ""
        raise DataError(f"{missing}: no such file, of the model {name}; {part}check evaluate.models, or --model")
    return NamedForm(name, file, given_contract(model.contract, name))


def given_contract(text: str | None, name: str) -> GivenContract:
    """Read what is given of a model's contract: a YAML or JSON file, or `colour=BGR,range=0..255`.

    Raises:
        UsageError: a key or value that there is not, or a file that cannot be read.
    """
    if text is None:
        return GivenContract()
    where = f"evaluate.models.{name}.contract"
    content: object
    if Path(text).suffix in (".yaml", ".yml", ".json"):
        content = read_yaml(Path(text))
    else:
        pairs = [[part.strip() for part in pair.partition("=")[::2]] for pair in variant_names(text)]
        content = dict(pairs)
        if len(pairs) != len({key for key, _ in pairs}):
            raise UsageError(f"{where}: a key is given twice in {shortened(repr(text))}")
    try:
        return GivenContract.model_validate(content)
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(str(part) for part in problem["loc"]) or "(top level)"
        raise UsageError(
            f"{where}: {key}: {problem['msg']} (found {shortened(repr(problem['input']))}); the keys are "
            f"{', '.join(GivenContract.model_fields)}, such as colour=BGR,range=0..255,layout=NCHW"
        ) from error
