"""A benchmark as files and text: bench.json, bench.csv, bench.md, and the table that the command line prints."""

from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table as TerminalTable

from configs.files import write_atomically
from configs.sizes import size_text
from configs.tables import csv_text
from configs.text import counted
from eval.bench.record import CSV_FILE, MARKDOWN_FILE, AlphaDifference, BenchModel, BenchRecord, Ratio, Timing
from eval.presentation.blocks import Block, Fence, Note, Section, Table, markdown_page
from eval.presentation.formatting import NOTHING, code, number, plain

SHOWN_OPERATIONS = 12


def write_bench_files(folder: Path, record: BenchRecord, rows: Sequence[Timing]) -> None:
    """Write `bench.json`, `bench.csv` (every single time) and `bench.md`.

    Raises:
        DataError: a value is not finite.
        UsageError: the folder cannot be written.
    """
    record.write(folder / record.FILE)
    write_atomically(folder / CSV_FILE, timings_csv(rows))
    write_atomically(folder / MARKDOWN_FILE, bench_markdown(record))


def timings_csv(rows: Sequence[Timing]) -> str:
    """Return every single time as CSV: phase, round, frame, model, milliseconds per frame."""
    cells = ((row.phase, row.round, row.frame, row.model, f"{row.milliseconds:.4f}") for row in rows)
    return csv_text(("phase", "round", "frame", "model", "ms"), cells)


def bench_markdown(record: BenchRecord) -> str:
    """Return the benchmark as a page of GitHub-flavoured markdown."""
    conditions = record.environment
    versions = ", ".join(
        f"{name} {conditions.versions[name]}"
        for name in ("openvino", "onnxruntime", "torch")
        if name in conditions.versions
    )
    models = [(code(m.name), code(m.model_path), code(m.model_sha256)) for m in record.models]
    blocks: list[Block] = [
        f"On {plain(conditions.cpu_name)}, CPU feature class {conditions.cpu_class}; {plain(conditions.os)}; "
        f"{plain(versions)}; toolkit revision {plain(conditions.git_commit or 'unknown')}; {plain(record.created)}.",
        *bench_blocks(record),
        Section("Models", [Table(("Model", "File", "SHA-256"), models)]),
        Section(
            "Rerun",
            [
                Fence("sh", record.rerun),
                f"Every single time is in `{CSV_FILE}`, every figure of this page in `{record.FILE}`.",
            ],
        ),
    ]
    return markdown_page(
        [Section(f"Speed of {counted(len(record.models), 'model')} at {size_text(record.size)}", blocks)]
    )


def bench_blocks(record: BenchRecord) -> list[Block]:
    """Return the tables of a benchmark, each with how to read it."""
    first = code(record.models[0].name)
    rounds = record.models[0].latency.rounds
    blocks: list[Block] = [
        Section(
            "One inference at a time",
            [
                _latency_table(record),
                f"{counted(rounds, 'round')} over {counted(len(record.frames), 'frame')} of {code(record.dataset)} in "
                f"turn, after {record.warmup} to warm up; in each round every model infers once, in an order drawn "
                "anew. The ratio is the median over the rounds, in brackets its 95 % confidence interval. Difference: "
                f"mean |alpha difference| from {first} on the first frame, and cells that differ by more than 0.01.",
                *(Note(plain(note)) for note in notes(record)),
            ],
        )
    ]
    if any(model.throughput for model in record.models):
        blocks.append(Section("Several at once", [_throughput_table(record)]))
    profiled = [model for model in record.models if model.operations]
    blocks += [Section(f"Where the time of {code(model.name)} goes", [_operation_table(model)]) for model in profiled]
    if profiled:
        blocks.append("Measured with OpenVINO's counters on, which cost time themselves: read the shares.")
    return blocks


def notes(record: BenchRecord) -> list[str]:
    """Return what a reader of the tables must know besides."""
    known = [f"{model.name}: {model.contract.text}." for model in record.models if model.contract is not None]
    assumed = [model.name for model in record.models if model.contract_assumed]
    if not assumed:
        return known
    return [
        *known,
        f"{', '.join(assumed)} carries no contract: taken to be the published one, NCHW f32 BGR 0..255 in, alpha and "
        "RGB foreground 0..1 out. The difference column would show a wrong guess.",
    ]


def print_bench(record: BenchRecord, console: Console) -> None:
    """Print the figures as a table of at most 80 columns, then the notes."""
    table = TerminalTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("model", overflow="fold")
    table.add_column("ran in", no_wrap=True)
    for name in ("ms", "p90", "fps, streams", "times as fast", "difference"):
        table.add_column(name, justify="right")
    for model in record.models:
        streams = NOTHING if model.throughput is None else number(model.throughput.fps)
        table.add_row(
            escape(model.name),
            model.precision,
            number(model.latency.median_ms),
            number(model.latency.p90_ms),
            streams,
            NOTHING if model.latency.ratio is None else f"{model.latency.ratio.median:.2f}",
            NOTHING if model.difference is None else number(model.difference.mean),
        )
    console.print(table)
    bases = dict.fromkeys(model.latency.ratio.against for model in record.models if model.latency.ratio)
    if bases:
        console.print(f"times as fast: one inference at a time, against {escape(', '.join(bases))}")
    for note in notes(record):
        console.print(f"[yellow]note[/]: {escape(note)}")


def _latency_table(record: BenchRecord) -> Table:
    header = (
        "Model",
        "Ran in",
        "Inputs",
        "Threads",
        "Median, ms",
        "p90, ms",
        "fps",
        "Times as fast",
        "as",
        "Difference",
    )
    rows = []
    for model in record.models:
        latency = model.latency
        difference = model.difference
        rows.append(
            (
                code(model.name),
                plain(f"{model.framework} {model.precision}"),
                plain(model.inputs),
                NOTHING if latency.threads is None else str(latency.threads),
                number(latency.median_ms),
                number(latency.p90_ms),
                number(latency.fps),
                *_ratio(latency.ratio),
                NOTHING if difference is None else _difference(difference),
            )
        )
    return Table(header, rows, right=(3, 4, 5, 6, 7))


def _difference(difference: AlphaDifference) -> str:
    cells = "" if difference.cells is None else f", {difference.cells} cells"
    return f"{number(difference.mean)}{cells}"


def _throughput_table(record: BenchRecord) -> Table:
    header = ("Model", "Ran in", "Streams", "Requests", "Threads", "fps", "Times as fast", "as")
    rows = [
        (
            code(model.name),
            plain(f"{model.framework} {model.precision}"),
            str(throughput.streams),
            str(throughput.requests),
            NOTHING if throughput.threads is None else str(throughput.threads),
            number(throughput.fps),
            *_ratio(throughput.ratio),
        )
        for model in record.models
        if (throughput := model.throughput) is not None
    ]
    return Table(header, rows, right=range(2, 7))


def _operation_table(model: BenchModel) -> Table:
    shown = model.operations[:SHOWN_OPERATIONS]
    rows = [
        (
            code(entry.operation),
            str(entry.nodes),
            number(entry.ms),
            f"{100 * entry.share:.1f} %",
            plain(", ".join(entry.kernels)),
        )
        for entry in shown
    ]
    if rest := model.operations[SHOWN_OPERATIONS:]:
        share = 100 * sum(entry.share for entry in rest)
        rows.append((f"{len(rest)} more", "", number(sum(entry.ms for entry in rest)), f"{share:.1f} %", ""))
    return Table(("Operation", "Nodes", "ms", "Share", "Kernels"), rows, right=(1, 2, 3))


def _ratio(ratio: Ratio | None) -> tuple[str, str]:
    if ratio is None:
        return NOTHING, NOTHING
    interval = ratio.interval
    spread = "" if interval is None else f" ({interval.low:.2f} to {interval.high:.2f})"
    return f"{ratio.median:.2f}{spread}", code(ratio.against)
