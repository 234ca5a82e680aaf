"""The verbs, put together. Each lives in a module of `mattekit.verbs` and imports heavy libraries only when run."""

import typer

from mattekit.verbs import (
    attribute,
    bench,
    compare,
    convert,
    dataset,
    demo,
    doctor,
    download,
    evaluate,
    footage,
    gate,
    info,
    init,
    locate,
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
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command("init")(init.init)
app.command("convert")(convert.convert)
app.command("verify")(convert.verify)
app.command("evaluate")(evaluate.evaluate)
app.command("gate")(gate.gate)
app.command("bench")(bench.bench)
app.command("attribute")(attribute.attribute)
app.command("locate")(locate.locate)
app.command("compare")(compare.compare)
app.command("matte")(matte.matte)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("info")(info.info)
app.command("download")(download.download)
app.command("doctor")(doctor.doctor)
dataset.app.command("import")(real_sets.import_set)
dataset.app.command("build")(real_sets.build)
dataset.app.command("footage")(footage.footage)
dataset.app.command("pairs")(own_sets.pairs)
dataset.app.command("frames")(own_sets.frames)
app.add_typer(dataset.app, name="dataset")
