"""The catalogue of published models: where each is, what it must be, and under which licence; `catalogue.yaml`."""

import re
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError, model_validator

from configs.errors import UsageError, shortened
from configs.places import found
from configs.reading import PlainPath
from configs.records import Frozen
from configs.wording import explained
from configs.yaml_file import read_yaml

CATALOGUE = Path("configs/catalogue.yaml")
PERMISSIVE = frozenset({"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "Unlicense"})
"""Licences (SPDX) that ask for no more than credit."""

_HEX_DIGITS = {"sha256": 64, "sha384": 96, "sha512": 128}


def _of_known_kind(text: str) -> str:
    algorithm, _, digits = text.partition(":")
    if not re.fullmatch(rf"[0-9a-f]{{{_HEX_DIGITS.get(algorithm, 0)}}}", digits) or not digits:
        raise ValueError(f"expected {', '.join(_HEX_DIGITS)} with a colon and lower-case hexadecimal digits")
    return text


def _file_name(text: str) -> str:
    if "/" in text or text.startswith("."):
        raise ValueError("expected the plain name of a file")
    return text


Checksum = Annotated[str, AfterValidator(_of_known_kind)]
"""Algorithm and digits, such as `sha256:88d4...`."""
Url = Annotated[str, Field(pattern=r"^https?://[!-~]+$", max_length=2048)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,99}$")]


class Published(Frozen):
    """A published model, which is one file.

    Attributes:
        about: what it is, in a line.
        architecture: the family of networks that it is of.
        file: its name; the ending says whether it is an ONNX or a checkpoint.
        url: where its publisher has it.
        mirrors: where it is as well, tried in turn; only for what has a checksum, since mirrors are nobody's word.
        size: in bytes.
        checksum: of its bytes.
        stated_by: who says so of size and checksum.
        licence: SPDX, and where its text is.
    """

    about: str
    architecture: str
    file: Annotated[PlainPath, AfterValidator(_file_name)]
    url: Url
    mirrors: tuple[Url, ...] = ()
    size: Annotated[int, Field(gt=0, le=1 << 40)] | None = None
    checksum: Checksum | None = None
    stated_by: str | None = None
    licence: str
    licence_url: Url

    @model_validator(mode="after")
    def _known_together(self) -> Self:
        given = (self.size, self.checksum, self.stated_by)
        if any(given) != all(given):
            raise ValueError("give size, checksum and stated_by together, or none of them")
        if self.mirrors and self.checksum is None:
            raise ValueError("mirrors need a checksum, by which what they give is told")
        return self

    @property
    def permissive(self) -> bool:
        """Whether its licence asks for no more than credit."""
        return self.licence in PERMISSIVE

    @property
    def is_onnx(self) -> bool:
        """Whether it is an ONNX rather than a checkpoint."""
        return self.file.endswith(".onnx")


_Catalogue = TypeAdapter(dict[Name, Published])


def read_catalogue(path: Path = CATALOGUE) -> dict[str, Published]:
    """Read a catalogue: name to model, in the file's order; it is looked for as `configs.places.found` does.

    Raises:
        UsageError: it is missing, no such YAML, or an entry is wrong; the message names it.
    """
    try:
        return _Catalogue.validate_python(read_yaml(found(path)))
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(str(part) for part in problem["loc"]) or "(top level)"
        raise UsageError(f"{path}: {shortened(key)}: {explained(problem)}; mend the catalogue") from error


def find_published(name: str, catalogue: dict[str, Published], origin: str) -> Published:
    """Return the model of a name; `origin` names the option or key that gave it.

    Raises:
        UsageError: there is none.
    """
    if name not in catalogue:
        raise UsageError(
            f"{origin}: no published model is called {shortened(repr(name))}; known are {', '.join(catalogue)}"
        )
    return catalogue[name]
