"""The verbs, put together. Each lives in a module of `mattekit.verbs`, which is imported when the verb is called."""

import importlib.metadata
from typing import Annotated

import typer

from mattekit.terminal.console import say
from mattekit.terminal.later import LateGroup, Verb

app = typer.Typer(
    cls=LateGroup,
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
_dataset = typer.Typer(
    cls=LateGroup,
    help="Make, fetch, import, compose, check and show sample sets in OMZ's layout.",
    no_args_is_help=True,
)
_export = typer.Typer(cls=LateGroup, help="Write what other programs read of models and runs.", no_args_is_help=True)


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


@_export.callback()
def _keep_a_group() -> None:
    """Keep `export` a group of verbs though it has one so far."""


VERBS = (
    Verb(
        "convert",
        "convert:convert",
        "Convert a checkpoint to ONNX and OpenVINO IR, and prove every form on real composites.",
        reports=True,
    ),
    Verb(
        "verify",
        "convert:verify",
        "Check a converted model again: its files' hashes, the parity of every hop, the contract of every IR.",
        reports=True,
    ),
    Verb(
        "evaluate",
        "evaluate:evaluate",
        "Run the original and every converted form on one set, and write a report.",
        reports=True,
    ),
    Verb(
        "gate",
        "gate:gate",
        "Judge a run: every converted form against the original, and the run against the baseline, where there is one.",
        reports=True,
    ),
    Verb(
        "bench",
        "bench:bench",
        "Time models on real frames, in turn in one process, so that ratios hold on a machine whose speed drifts.",
        reports=True,
    ),
    Verb(
        "attribute",
        "attribute:attribute",
        "Say which hop of the conversion added how much of a run's drift: graph, precisions, resize.",
        reports=True,
    ),
    Verb(
        "locate",
        "locate:locate",
        "Find the first inner tensor, in topological order, that two forms of a network compute differently.",
        reports=True,
    ),
    Verb(
        "compare",
        "compare:compare",
        "Compare two runs: metrics with 95 % intervals over the samples they share, latency, and what else changed.",
        reports=True,
    ),
    Verb(
        "matrix",
        "matrix:matrix",
        "Run one converted job under several versions of OpenVINO, onnxruntime or PyTorch, and compare them.",
        reports=True,
    ),
    Verb(
        "bisect",
        "bisect:bisect",
        "Name the release of OpenVINO, onnxruntime or PyTorch that moved a metric or the speed of a converted job.",
        reports=True,
    ),
    Verb("info", "info:info", "Describe a model: parameters, GFLOPs, operations, and its I/O contract.", reports=True),
    Verb(
        "download",
        "download:download",
        "Fetch published models, verified by size and checksum, into a cache.",
        reports=True,
    ),
    Verb(
        "doctor",
        "doctor:doctor",
        "Check the installation: versions against the pinned ones, the CPU, and the precision that OpenVINO will use.",
        reports=True,
    ),
    Verb(
        "dataset verify",
        "dataset:verify",
        "Check a set: hashes, counterparts, sizes, bit depth, alpha, licences, and that composites match their parts.",
        reports=True,
    ),
    Verb("init", "init:init", "Write a job for your own model: mattekit.yaml, which every verb reads in this folder."),
    Verb(
        "matte",
        "matte:matte",
        "Cut the person out of one picture, given a plate of the same scene where the network takes one.",
    ),
    Verb(
        "demo", "demo:demo", "Matte a picture, a folder, a video or a camera, and lay the person over something else."
    ),
    Verb(
        "serve", "serve:serve", "Serve a local page: drop a picture or a video and its plate, see the person cut out."
    ),
    Verb(
        "card",
        "card:card",
        "Write the card of a run's model: what it is for, takes and gives, what it scores, its licences, how to remake "
        "it.",
    ),
    Verb(
        "import-config",
        "import_config:import_config",
        "Turn the Open Model Zoo's description of a matting model into a job.",
    ),
    Verb(
        "export accuracy-check",
        "export:accuracy_check",
        "Write a configuration with which the Open Model Zoo's accuracy_checker checks the same IRs on the same set.",
    ),
    Verb(
        "dataset people", "dataset:people", "Make the bundled set of rendered people, which `evaluate` uses by default."
    ),
    Verb(
        "dataset synthesize",
        "dataset:synthesize",
        "Make a set of drawn figures, any number and size of them, with exact alpha over photographs and rooms.",
    ),
    Verb(
        "dataset fetch", "dataset:fetch", "Fetch photographs for backgrounds by id, each with its licence and author."
    ),
    Verb(
        "dataset show",
        "dataset:show",
        "Draw a contact sheet of a set: source, background, alpha and foreground of some samples.",
    ),
    Verb("dataset compose", "dataset:compose", "Compose foregrounds over backgrounds into a set in OMZ's layout."),
    Verb(
        "dataset import",
        "real_sets:import_set",
        "Import a published set: foregrounds for `dataset compose`, or (omz, omz_pha, rvm) a set that is ready.",
    ),
    Verb(
        "dataset build",
        "real_sets:build",
        "Make the set of a configuration's recipe: import foregrounds, fetch backgrounds, compose.",
    ),
    Verb(
        "dataset footage",
        "footage:footage",
        "Make footage to try `mattekit demo` with: a bundled person moves before a hand-held camera, with a sound.",
    ),
    Verb(
        "dataset pairs",
        "own_sets:pairs",
        "Make a set without ground truth of pictures and their plates, to evaluate agreement with the original.",
    ),
    Verb(
        "dataset frames",
        "own_sets:frames",
        "Make a set without ground truth of a video's frames and its plate, to evaluate agreement with the original.",
    ),
)
REPORTING = tuple(each.name for each in VERBS if each.reports)
"""The verbs that take `--json`."""
_GROUPS = {"": app, "dataset": _dataset, "export": _export}
for _verb in VERBS:
    _verb.add_to(_GROUPS[_verb.name.rpartition(" ")[0]])
app.add_typer(_dataset, name="dataset")
app.add_typer(_export, name="export")
