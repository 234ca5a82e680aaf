"""The time of an evaluation as a table and a picture."""

from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table as TerminalTable

from configs.files import write_atomically
from configs.text import counted
from eval.bench.pipeline_record import PIPELINE_MARKDOWN, PIPELINE_PICTURE, PipelineRecord, WayTime
from eval.presentation.blocks import Block, Fence, Section, Table, markdown_page
from eval.presentation.figures import new_figure, png_of, shown
from eval.presentation.formatting import code, number, plain

WHAT = {
    "read": "read files, check their hashes, decode",
    "check": "hash pixels, refuse what says nothing",
    "prepare": "plates and tensors",
    "infer": "wait for a network, take its matte",
    "wait": "wait for a sample to be read or scored",
    "score": "metrics and coverage",
    "write": "keep what was found",
}
"""What each stage does."""
COLOURS = {
    "read": "#4878a8",
    "check": "#8cb4d8",
    "prepare": "#6aa84f",
    "infer": "#d9822b",
    "wait": "#d8d8d8",
    "score": "#a05195",
    "write": "#555555",
}
_SHOWN_SECONDS = 1.5
_HEADER = ("Stage", "What", "In turn, ms", "of CPU", "At once, ms", "of CPU")


def write_pipeline_files(folder: Path, record: PipelineRecord) -> None:
    """Write `pipeline.json`, `pipeline.md` and `pipeline.png`.

    Raises:
        UsageError: the folder cannot be written.
    """
    record.write(folder)
    write_atomically(folder / PIPELINE_MARKDOWN, pipeline_markdown(record))
    write_atomically(folder / PIPELINE_PICTURE, draw_pipeline(record))


def pipeline_markdown(record: PipelineRecord) -> str:
    """Return the page."""
    environment = record.environment
    ways = [
        ("bare inference", number(record.bare_ms), "", "", "1"),
        *(
            (name, number(way.ms), number(way.cpu_ms), f"{100 * way.busy:.0f} %", f"{way.times_bare:.2f}")
            for name, way in (("in turn", record.in_turn), ("at once", record.at_once))
        ),
    ]
    blocks: list[Block] = [
        f"{code(', '.join(record.variants))} on {counted(record.samples, 'sample')} of {code(record.dataset)}; "
        f"{plain(environment.cpu_name)}, CPU feature class {environment.cpu_class}, {counted(record.cores, 'core')}; "
        f"{record.threads} threads read and {record.threads} score, at most {counted(record.window, 'sample')} at "
        f"once; medians of {counted(record.rounds, 'round')} in turn. Largest memory {number(record.peak_mb)} MB.",
        Table(("Way", "ms a sample", "CPU ms a sample", "Cores busy", "Times bare inference"), ways),
        Section(
            "Stages",
            [
                Table(_HEADER, [(code(stage), *cells) for stage, *cells in _rows(record)]),
                "Milliseconds a sample in the threads of a stage, of the last round. The networks work in threads of "
                "their own, whose time is in the CPU of the first table. At once, a stage's time overlaps the others' "
                "and grows where they share a core.",
                f"![What the threads did in the first moments]({PIPELINE_PICTURE})",
            ],
        ),
        Section("Rerun", [Fence("sh", record.rerun)]),
    ]
    return markdown_page([Section("Where the time of an evaluation goes", blocks)])


def print_pipeline(record: PipelineRecord, console: Console) -> None:
    """Print the table of stages, and how the whole compares with bare inference."""
    table = TerminalTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in (_HEADER[0].lower(), *(name.lower() for name in _HEADER[2:])):
        table.add_column(name, justify="left" if name == "stage" else "right")
    for stage, _, *cells in _rows(record):
        table.add_row(escape(stage), *cells)
    console.print(table)
    for name, way in (("in turn", record.in_turn), ("at once", record.at_once)):
        console.print(
            f"{name}: {number(way.ms)} ms a sample, {way.times_bare:.2f} times bare inference "
            f"({number(record.bare_ms)} ms), cores {100 * way.busy:.0f} % busy"
        )


def draw_pipeline(record: PipelineRecord) -> bytes:
    """Return a PNG: the time of each way as bars, and what every thread did in the first moments, all at once."""
    threads = list(dict.fromkeys(span.thread for span in sorted(record.spans, key=lambda span: span.begin)))
    figure = new_figure(9.6, 2.6 + 0.3 * len(threads))
    bars, timeline = figure.subplots(2, 1, height_ratios=(3, max(2, len(threads))))
    for place, (_, milliseconds) in enumerate(_bars(record)):
        left = 0.0
        for stage, length in milliseconds:
            bars.barh(place, length, left=left, color=COLOURS.get(stage, COLOURS["infer"]))
            left += length
    bars.set_yticks(range(3), [name for name, _ in _bars(record)])
    bars.invert_yaxis()
    bars.set_xlabel("ms a sample")
    bars.set_title(shown(f"{', '.join(record.variants)}: where the time of an evaluation goes"), fontsize=10)
    for span in record.spans:
        if span.begin < _SHOWN_SECONDS:
            length = min(span.end, _SHOWN_SECONDS) - span.begin
            timeline.barh(threads.index(span.thread), length, left=span.begin, color=COLOURS[span.stage])
    timeline.set_yticks(range(len(threads)), [shown(_thread(name)) for name in threads])
    timeline.invert_yaxis()
    timeline.set_xlim(0, _SHOWN_SECONDS)
    timeline.set_xlabel("seconds since the start, all at once")
    handles = [timeline.barh(0, 0, color=colour, label=stage) for stage, colour in COLOURS.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(COLOURS), frameon=False, fontsize=8)
    return png_of(figure)


def _bars(record: PipelineRecord) -> list[tuple[str, list[tuple[str, float]]]]:
    """Return the bars: bare inference, in turn by stage, and at once: bare inference and what comes on top of it."""
    in_turn = [(time.stage, time.wall_ms) for time in record.in_turn.stages if time.stage != "wait"]
    at_once = [("infer", record.bare_ms), ("wait", max(0.0, record.at_once.ms - record.bare_ms))]
    return [("bare", [("infer", record.bare_ms)]), ("in turn", in_turn), ("at once", at_once)]


def _thread(name: str) -> str:
    return "infer" if name == "MainThread" else name.replace("_", " ")


def _rows(record: PipelineRecord) -> list[tuple[str, ...]]:
    def cells(way: WayTime, stage: str) -> tuple[str, str]:
        time = next(time for time in way.stages if time.stage == stage)
        return number(time.wall_ms), number(time.cpu_ms)

    stages = [time.stage for time in record.in_turn.stages]
    return [(stage, WHAT[stage], *cells(record.in_turn, stage), *cells(record.at_once, stage)) for stage in stages]
