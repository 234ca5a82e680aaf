"""A matrix as markdown: one line a version, then figures, speed, and where versions part."""

from collections.abc import Iterator, Sequence

from configs.text import counted
from eval.bench.record import LatencyBench
from eval.gate.verdict import GateRow
from eval.metrics.measures import METRICS, PUBLISHED_METRICS, title_of
from eval.presentation.blocks import Block, Fence, Items, Note, Section, Table, markdown_page
from eval.presentation.formatting import NOTHING, code, dimensions, number, plain, signed, span
from eval.versions.record import MatrixRecord, PartingRecord, VersionRecord

MEGABYTE = 1e6
_CONVERTED = {
    False: "Every version ran the same converted files",
    True: "Every other version converted the original anew, and ran that",
}


def matrix_markdown(record: MatrixRecord) -> str:
    """Return the page of a matrix."""
    return markdown_page(_blocks(record))


def summary(version: VersionRecord) -> str:
    """Return a version and its verdict in one line, for the terminal."""
    figures = [f"{row.variant} {row.metric} {signed(row.difference)}" for row in version.rows if row.verdict == "fail"]
    detail = f": {', '.join(figures)}" if figures else ""
    reason = f": {_failure(version).splitlines()[0]}" if version.failure else ""
    return f"{_title(version)}: {version.verdict}{detail}{reason}"


def _blocks(record: MatrixRecord) -> Iterator[Block]:
    pinned, *others = record.versions
    height_first = dimensions(record.size)
    yield Section(
        f"Versions against the pinned {_title(pinned)}",
        [
            f"{counted(record.samples, 'sample')} of {plain(record.dataset)} at {height_first}, on "
            f"{plain(record.environment.cpu_name)} ({record.environment.cpu_class}). {_CONVERTED[record.converted]}; "
            "each environment differs from the pinned one by the package that its line names.",
            _overview(record),
            *_notes(others),
            _figures(record),
            *_speed(record),
            *_partings(others),
            _environments(others),
            Section("Again", [Fence("sh", record.rerun)]),
        ],
    )


def _title(version: VersionRecord) -> str:
    return ", ".join(f"{package} {number}" for package, number in version.packages.items())


def _failure(version: VersionRecord) -> str:
    """Return a version's failure without its name, which errors begin with."""
    return version.failure.removeprefix(f"{version.name}: ")


def _overview(record: MatrixRecord) -> Table:
    rows = []
    for version in record.versions:
        means = [row for row in version.rows if row.difference is not None]
        most = max(means, key=lambda row: abs(row.difference or 0.0), default=None)
        moved = NOTHING if version.run is None or most is None else _moved(version, most)
        rows.append((_title(version), version.verdict, moved, _slowest(version), _node(version)))
    header = ("Version", "Against the limits of `gate.against_baseline`", "Largest move of a mean", "Speed", "Parts at")
    return Table(header, rows)


def _moved(version: VersionRecord, most: GateRow) -> str:
    if version.identical:
        return "0: every score is the same to the last bit"
    return f"{signed(most.difference)} {title_of(most.metric)} of {code(most.variant)}"


def _slowest(version: VersionRecord) -> str:
    ratios = [(latency.ratio.median, name) for name, latency in version.latency.items() if latency.ratio is not None]
    if not ratios:
        return NOTHING
    (low, _), (high, _) = min(ratios), max(ratios)
    return f"x {low:.2f}" if len(ratios) == 1 else f"x {low:.2f} to x {high:.2f}"


def _node(version: VersionRecord) -> str:
    parting = version.parting
    if parting is None:
        return NOTHING
    if parting.first is None:
        return "no node"
    return code(parting.first.nodes_b[-1].name if parting.first.nodes_b else parting.first.tensor)


def _notes(others: Sequence[VersionRecord]) -> Iterator[Block]:
    for version in others:
        for reason in dict.fromkeys(row.reason for row in version.rows if row.verdict in ("fail", "inconclusive")):
            yield Note(f"{_title(version)}: {plain(reason)}")
        if version.failure:
            yield Note(f"{_title(version)}: {plain(' '.join(_failure(version).split()))}")
        if version.controls:
            names = ", ".join(map(code, version.controls))
            yield Note(
                f"{_title(version)}: {names} moved too, which {plain(next(iter(version.packages)))} does not run; "
                "either the machine does not repeat its figures, or the package changes more than it runs"
            )


def _figures(record: MatrixRecord) -> Section:
    pinned, *others = record.versions
    ran = [version for version in others if version.run is not None]
    by_version = [{(row.variant, row.metric): row for row in version.rows} for version in ran]
    rows = []
    for variant, means in pinned.means.items():
        for metric in (metric.name for metric in METRICS if metric.name in PUBLISHED_METRICS):
            if (mean := means.get(metric)) is not None:
                cells = [_cell(found.get((variant, metric))) for found in by_version]
                rows.append((code(variant), title_of(metric), number(mean), *cells))
    header = ("Variant", "Metric", _title(pinned), *map(_title, ran))
    return Section(
        "Figures",
        [
            Table(header, rows, right=range(2, len(header))),
            "Of the pinned version the mean over the samples, in published units; of every other how far its mean is "
            "from that, and in brackets the 95 % interval of the paired differences. `0` is none at all.",
        ],
    )


def _cell(row: GateRow | None) -> str:
    if row is None:
        return NOTHING
    interval = "" if row.interval is None or not row.difference else f" ({span(row.interval.low, row.interval.high)})"
    mark = {"fail": " **beyond**", "inconclusive": " *across*"}.get(row.verdict, "")
    return f"{signed(row.difference)}{interval}{mark}"


def _speed(record: MatrixRecord) -> Iterator[Block]:
    timed = [version for version in record.versions if version.latency]
    if not timed:
        return
    variants = dict.fromkeys(name for version in timed for name in version.latency)
    rows = [(code(name), *(_time(version.latency.get(name)) for version in timed)) for name in variants]
    header = ("Variant", *map(_title, timed))
    yield Section(
        "Speed",
        [
            Table(header, rows, right=range(1, len(header))),
            f"Median of one inference over {counted(record.rounds, 'round')}. In each round every version ran the same "
            "frame in a process of its own, one after the other in an order drawn anew; `x 2` is twice as fast as the "
            "pinned version in the same rounds, in brackets its 95 % interval. On a busy machine the ratios hold and "
            "the milliseconds do not.",
        ],
    )


def _time(latency: LatencyBench | None) -> str:
    if latency is None:
        return NOTHING
    text = f"{number(latency.median_ms)} ms"
    if (ratio := latency.ratio) is None:
        return text
    interval = "" if ratio.interval is None else f" ({ratio.interval.low:.2f} to {ratio.interval.high:.2f})"
    return f"{text}, x {ratio.median:.2f}{interval}"


def _partings(others: Sequence[VersionRecord]) -> Iterator[Block]:
    lines = [
        f"{_title(version)}, {code(version.parting.variant)} in {version.parting.precision} on sample "
        f"{code(version.parting.sample)}: {_parting(version.parting)}"
        for version in others
        if version.parting is not None
    ]
    if lines:
        yield Section(
            "Where they part",
            [
                "The inner tensors of the variant and sample that moved most, each read in its own environment "
                "(docs/locate.md says how they are compared, and what that does not see: kernels that fuse nodes).",
                Items(lines),
            ],
        )


def _parting(parting: PartingRecord) -> str:
    compared = counted(parting.tensors, "tensor")
    if parting.beginning is None or parting.farthest is None:
        return f"no node parts: all {compared} are the same to the last bit, so the move is made by fused kernels"
    relative = number(parting.farthest.difference.relative)
    begins = f"the first that differs at all is {code(parting.beginning.tensor)} by {code(parting.beginning.node)}"
    if parting.first is None:
        return (
            f"no node parts beyond the tolerance of {parting.tolerance.relative:g}; of {compared} {parting.apart} "
            f"differ, {begins}, the farthest is {code(parting.farthest.tensor)} by {relative} of its largest value"
        )
    nodes = ", ".join(code(node.name) for node in parting.first.nodes_b) or "no node of its own"
    local = parting.first.local
    cause = ""
    if local is not None:
        alone = f"alone, on the same inputs, they differ by {number(local.relative)}"
        cause = f"; {alone}: the cause is here" if local.parted else f"; {alone} only: differences add up to here"
    difference = parting.first.difference
    by = difference.note if difference.relative is None else f"{number(difference.relative)} of its largest value"
    return f"they part at {code(parting.first.tensor)}, computed by {nodes}, by {plain(by)}{cause}; {begins}"


def _environments(others: Sequence[VersionRecord]) -> Section:
    rows = [
        (
            _title(version),
            code(version.environment.wheel),
            f"{version.environment.bytes / MEGABYTE:.0f} MB",
            plain("; ".join(version.unmet)) or "nothing",
        )
        for version in others
        if version.environment is not None
    ]
    return Section(
        "Environments",
        [
            Table(("Version", "Installed", "Size", "Asks of others, and does not get"), rows, right=(2,)),
            "Every other package is the pinned environment's own.",
        ],
    )
