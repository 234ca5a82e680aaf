"""Architectures: families of networks as data, one file each.

A file of this package declares one family in its `ARCHITECTURE`; it is found by being here, so that adding a family is
adding a file. So is a file of the folder that `MATTEKIT_ARCHITECTURES` names, for families that are not the toolkit's:
their code runs, so it is the user who names it, and never a record or a model.

They live in `converter`, not in `configs`, because they build networks: a file may import what does that, inside the
functions that need it, so that whoever only reads the data loads no framework.
"""

import difflib
import importlib
import importlib.util
import os
import pkgutil
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from types import ModuleType

from configs.errors import UsageError
from configs.load import override
from configs.schema import Config
from converter.architectures.base import Architecture

FOLDER_VARIABLE = "MATTEKIT_ARCHITECTURES"
_NO_FAMILIES = frozenset({"base"})


def known_architectures() -> dict[str, Architecture]:
    """Return every architecture by its name, in alphabetical order of the files; those of the user come last.

    Raises:
        UsageError: the folder of the user's is not there, or a file in it declares none.
    """
    return {architecture.name: architecture for architecture, _ in _declared()}


def architecture_named(name: str) -> Architecture:
    """Return the architecture of this name.

    Raises:
        UsageError: there is none; the message names the nearest one.
    """
    known = known_architectures()
    if name not in known:
        nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
        raise UsageError(
            f"model.architecture: there is no {name!r}; did you mean `{nearest}`? (known: {', '.join(known)})"
        )
    return known[name]


def architecture_with_ports(names: Collection[str]) -> Architecture | None:
    """Return the architecture whose inputs and outputs have exactly these names, None where there is none."""
    wanted = set(names)
    return next((one for one in known_architectures().values() if set(one.port_names) == wanted), None)


def architecture_within(inputs: Sequence[Collection[str]], outputs: Collection[str]) -> Architecture | None:
    """Return the architecture that has just these inputs, each under one of its names, and all of its outputs here.

    A ratio may be built in, and is then no input.
    """

    def takes(one: Architecture) -> bool:
        found = {port.name for port in one.inputs for names in inputs if port.name in names}
        required = {port.name for port in one.inputs if port.role != "ratio"}
        return len(found) == len(inputs) and required <= found

    fitting = [
        one
        for one in known_architectures().values()
        if takes(one) and {port.name for port in one.outputs} <= set(outputs)
    ]
    return max(fitting, key=lambda one: len(one.outputs), default=None)


def declaring_module(name: str) -> tuple[str, Path]:
    """Return the full name and the file of the module that declares the architecture of this name.

    Raises:
        UsageError: there is none.
    """
    wanted = architecture_named(name)
    return next((module.__name__, Path(str(module.__file__))) for found, module in _declared() if found == wanted)


def with_defaults(config: Config, architecture: Architecture) -> Config:
    """Return the job with the architecture's defaults where the configuration says nothing."""
    given = config.convert.parity.tolerances
    tolerances = {}
    for proof, usual in architecture.tolerances.items():
        tolerance = given.get(proof, usual)
        cells = usual.cells if tolerance.cells is None else tolerance.cells
        tolerances[proof] = {"mean": tolerance.mean, "quantile": tolerance.quantile, "cells": cells}
    candidates = config.convert.int8.candidates or architecture.int8_candidates
    changes = {"convert.parity.tolerances": tolerances, "convert.int8.candidates": candidates}
    return override(config, changes, f"defaults of {architecture.name}")


def _declared() -> Iterator[tuple[Architecture, ModuleType]]:
    known = []
    for found in pkgutil.iter_modules(__path__):
        if found.name not in _NO_FAMILIES:
            module = importlib.import_module(f"{__name__}.{found.name}")
            if not isinstance(module.ARCHITECTURE, Architecture):
                raise TypeError(f"{found.name}: expected ARCHITECTURE to be an Architecture")
            known.append(module.ARCHITECTURE.name)
            yield module.ARCHITECTURE, module
    for file in _own_files():
        architecture, module = _own(file)
        if architecture.name in known:
            raise UsageError(f"{file}: there is an architecture {architecture.name!r} already; give it another name")
        known.append(architecture.name)
        yield architecture, module


def _own_files() -> list[Path]:
    named = os.environ.get(FOLDER_VARIABLE)
    if not named:
        return []
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise UsageError(f"{FOLDER_VARIABLE}: expected a folder of architectures, found {named}; name one, or unset it")
    return sorted(file for file in folder.glob("*.py") if not file.name.startswith("_"))


def _own(file: Path) -> tuple[Architecture, ModuleType]:
    """Run a file of the user's, once a process, as a module of this package, whose code a conversion's key follows."""
    name, place = f"{__name__}.{file.stem}", file.resolve()
    module = sys.modules.get(name)
    if module is None or module.__file__ != str(place):
        if any(Path(folder, file.name).is_file() for folder in __path__):
            raise UsageError(f"{file}: the toolkit has a file of this name; rename it")
        spec = importlib.util.spec_from_file_location(name, place)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            raise UsageError(f"{file}: the architecture cannot be loaded: {type(error).__name__}: {error}") from error
        sys.modules[name] = module
    architecture = getattr(module, "ARCHITECTURE", None)
    if not isinstance(architecture, Architecture):
        raise UsageError(
            f"{file}: expected ARCHITECTURE, an Architecture of converter.architectures.base, found "
            f"{'none' if architecture is None else type(architecture).__name__}; files that declare none begin with _"
        )
    return architecture, module
