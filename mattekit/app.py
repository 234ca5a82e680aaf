"""The verbs, put together. Each lives in a module of `mattekit.verbs` and imports heavy libraries only when run."""

import importlib.metadata
from collections.abc import Callable
from typing import Annotated

import typer

from mattekit.terminal.console import say
from mattekit.terminal.modes import verb
from mattekit.verbs import (
    attribute,
    bench,
    bisect,
    card,
    compare,
    convert,
    dataset,
    demo,
    doctor,
    download,
    evaluate,
    export,
    footage,
    gate,
    import_config,
    info,
    init,
    locate,
    matrix,
    matte,
    own_sets,
    real_sets,
    serve,
)

app = typer.Typer(
    help=(
        "Convert matting networks from PyTorch to ONNX to OpenVINO, run the original and every converted form on the "
        "same composites, and say with numbers whether anything was lost.\n\n"
        "A first run, offline: `mattekit convert`, then `mattekit evaluate`, then `mattekit gate`. "
        "For a model of your own: `mattekit init --checkpoint mine.pth` first.\n\n"
        "Exit codes: 0 all well; 1 drift or parity failure; 2 usage or configuration; 3 data missing or corrupt; "
        "4 conversion failed; 5 inconclusive; 70 internal error."
    ),
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _show_version(asked: bool) -> None:
    if asked:
        say(f"mattekit {importlib.metadata.version('mattekit')}")
        raise typer.Exit()


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


REPORTING: dict[str, Callable[..., None]] = {
    "convert": convert.convert,
    "verify": convert.verify,
    "evaluate": evaluate.evaluate,
    "gate": gate.gate,
    "bench": bench.bench,
    "attribute": attribute.attribute,
    "locate": locate.locate,
    "compare": compare.compare,
    "matrix": matrix.matrix,
    "bisect": bisect.bisect,
    "info": info.info,
    "download": download.download,
    "doctor": doctor.doctor,
    "dataset verify": dataset.verify,
}
"""The verbs that take `--json`."""
_OTHERS: dict[str, Callable[..., None]] = {
    "init": init.init,
    "matte": matte.matte,
    "demo": demo.demo,
    "serve": serve.serve,
    "card": card.card,
    "import-config": import_config.import_config,
    "export accuracy-check": export.accuracy_check,
    "dataset people": dataset.people,
    "dataset synthesize": dataset.synthesize,
    "dataset fetch": dataset.fetch,
    "dataset show": dataset.show,
    "dataset compose": dataset.compose,
    "dataset import": real_sets.import_set,
    "dataset build": real_sets.build,
    "dataset footage": footage.footage,
    "dataset pairs": own_sets.pairs,
    "dataset frames": own_sets.frames,
}
_GROUPS = {"": app, "dataset": dataset.app, "export": export.app}
for _name, _function in {**REPORTING, **_OTHERS}.items():
    _group, _, _last = _name.rpartition(" ")
    _GROUPS[_group].command(_last)(verb(_name, _function, reports=_name in REPORTING))
app.add_typer(dataset.app, name="dataset")
app.add_typer(export.app, name="export")
