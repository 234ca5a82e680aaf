"""What the page does with uploads, without the page: matte a picture, matte a video, set two variants side by side."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from configs.errors import UsageError
from configs.schema import Align
from configs.sizes import size_text
from datasets.plates.pictures import size_of
from demo.composing.blend import as_bytes, colours_of, cut_out
from demo.matting.matter import Frame, Matte, Matter
from demo.media.pictures import PictureSource, is_picture, read_picture, write_picture
from demo.media.video_in import VideoSource
from demo.media.writing import check_output
from demo.page.desk import Stop
from demo.page.limits import Limits, require_no_playlist
from demo.page.views import difference, seen_as, write_preview
from demo.pipeline.plates import prepared_plates
from demo.pipeline.run import DemoOptions, run_demo
from demo.pipeline.targets import open_target

ROUNDS = 5
"""Inferences of each variant that a time per frame is the median of, after one that does not count."""
AMPLIFIED = (1, 10, 100)
PLAYABLE = (".mp4", ".m4v", ".webm", ".mov")
NO_FOREGROUND = "the network gives no foreground colours: those of the source are used, old background in edges and all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked for.

    Attributes:
        source: a picture or a video.
        plate: a picture; None where there is none.
        target: a picture or a video, `#RRGGBB`, `blur:K` or `transparent`.
        align, match: what is done to the plate, as `mattekit demo` has it.
        view: what a video shows; of a picture all views are made.
    """

    source: Path
    plate: Path | None = None
    target: str = "transparent"
    align: Align = "auto"
    match: bool = False
    view: str = "composite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What came of an order.

    Attributes:
        before: the source, to be shown; None where a browser could not show it.
        views: view to what is to be shown.
        downloads: name to file.
        lines: findings about the plate, and what else a user should know.
        times: in a line.
    """

    before: Path | None
    views: dict[str, Path]
    downloads: dict[str, Path]
    lines: tuple[str, ...]
    times: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two variants on one frame.

    Attributes:
        mattes: of the two, to be shown.
        differences: amplification to the difference of the two mattes, to be shown.
        mean, largest: of the difference, alpha 0..1.
        milliseconds: of the two, a frame.
    """

    mattes: tuple[Path, Path]
    differences: dict[int, Path]
    mean: float
    largest: float
    milliseconds: tuple[float, float]
    lines: tuple[str, ...]


def check_source(path: Path, limits: Limits) -> None:
    """Raise `DataError` for a source that could not be matted: no picture or video, of a wrong kind, too large."""
    require_no_playlist(path)
    if is_picture(path):
        check_picture(path, limits)
    else:
        limits.require_source(VideoSource(path))


def check_picture(path: Path, limits: Limits) -> None:
    """Raise `DataError` for what cannot be read as a picture, or is too large."""
    _source_picture(path, limits)


def make(order: Order, matter: Matter, folder: Path, limits: Limits, stop: Stop, report: Callable[[int], None]) -> Made:
    """Do what an order asks for, into an empty folder.

    Args:
        report: called with the number of a video's frames that are done.

    Raises:
        DataError: an input is no picture or video, is too large, or the network takes a plate and there is none.
        UsageError: the target is none.
    """
    require_no_playlist(order.source)
    return (
        _picture(order, matter, folder, limits)
        if is_picture(order.source)
        else _video(order, matter, folder, limits, stop, report)
    )


def compare(order: Order, matters: tuple[Matter, Matter], folder: Path, limits: Limits) -> Comparison:
    """Matte one frame, a video's first, with two variants, taking turns, and write how the mattes differ.

    Raises:
        DataError: as `make`.
    """
    require_no_playlist(order.source)
    source = _first(order.source, limits)
    (plate, lines), (other_plate, other_lines) = (_plate(order, matter, source) for matter in matters)
    pairs = ((matters[0], plate), (matters[1], other_plate))
    first, second = (_matte(matter, source, behind).alpha for matter, behind in pairs)
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for (matter, behind), spent in zip(pairs, seconds, strict=True):
            started = perf_counter()
            _matte(matter, source, behind)
            spent.append(perf_counter() - started)
    apart = np.abs(first - second)
    return Comparison(
        mattes=(
            write_preview(folder / "first.webp", np.repeat(as_bytes(first)[..., None], 3, axis=2)),
            write_preview(folder / "second.webp", np.repeat(as_bytes(second)[..., None], 3, axis=2)),
        ),
        differences={
            times: write_preview(folder / f"difference-{times}.webp", difference(first, second, times))
            for times in AMPLIFIED
        },
        mean=float(apart.mean()),
        largest=float(apart.max()),
        milliseconds=(median(seconds[0]) * 1e3, median(seconds[1]) * 1e3),
        lines=tuple(dict.fromkeys((*lines, *other_lines))),
    )


def cut_out_of(order: Order, matter: Matter, out: Path, limits: Limits) -> None:
    """Write one picture's composite or cut-out as PNG, at the picture's own size; as `make`, with nothing beside it."""
    source = _source_picture(order.source, limits)
    plate, _ = _plate(order, matter, source)
    with open_target(order.target) as over:
        write_picture(out, seen_as(order.view, over).compose(_matte(matter, source, plate), source, plate))


def _picture(order: Order, matter: Matter, folder: Path, limits: Limits) -> Made:
    source = _source_picture(order.source, limits)
    plate, lines = _plate(order, matter, source)
    with open_target(order.target) as over:
        started = perf_counter()
        matte = _matte(matter, source, plate)
        milliseconds = (perf_counter() - started) * 1e3
        made = {
            "cut-out": cut_out(matte, source),
            "alpha": as_bytes(matte.alpha),
            "foreground": colours_of(matte, source),
            "composite": over.compose(matte, source, plate),
        }
    if matte.foreground is None:
        lines = (*lines, NO_FOREGROUND)
    downloads = {}
    for name, image in made.items():
        if name != "composite" or not over.transparent:
            downloads[f"{order.source.stem}-{name}.png"] = folder / f"{name}.png"
            write_picture(folder / f"{name}.png", image)
    alpha = np.repeat(made["alpha"][..., None], 3, axis=2)
    shown = {"composite": made["composite"], "alpha": alpha, "foreground": made["foreground"]}
    return Made(
        before=write_preview(folder / "before.webp", source),
        views={view: write_preview(folder / f"shown-{view}.webp", image) for view, image in shown.items()},
        downloads=downloads,
        lines=lines,
        times=f"{size_text(source.shape)}, matted in {milliseconds:.0f} ms",
    )


def _video(
    order: Order, matter: Matter, folder: Path, limits: Limits, stop: Stop, report: Callable[[int], None]
) -> Made:
    source = VideoSource(order.source)
    said: list[str] = []
    try:
        limits.require_source(source)
        with open_target(order.target) as over:
            target = seen_as(order.view, over)
            # Browsers play VP9 with alpha, no ProRes.
            out = folder / f"{order.view}{'.webm' if target.transparent else '.mp4'}"
            check_output(out, source, target.transparent, ())
            plates = prepared_plates(source, order.plate, order.align, order.match, matter.takes_plate, said.append)
            if matter.runner.contract.output("foreground") is None:
                said.append(NO_FOREGROUND)
            options = DemoOptions(out=out, limit=limits.frames)
            done = run_demo(source, matter, plates, target, options, report=report, around=stop.calling)
    finally:
        source.close()
    if stop.asked or done.times is None:
        raise UsageError(f"{order.source}: stopped")
    if done.times.frames >= limits.frames:
        said.append(f"{order.source}: the first {limits.frames} frames were taken (--max-frames)")
    inference = next(row.mean_ms for row in done.times.stages if row.name == "inference")
    return Made(
        before=_shown_before(order.source, folder),
        views={order.view: out},
        downloads={f"{order.source.stem}-{order.view}{out.suffix}": out},
        lines=tuple(dict.fromkeys((*said, *done.notes))),
        times=f"{done.times.frames} frames in {done.times.seconds:.1f} s: {done.times.fps:.1f} a second; "
        f"inference {inference:.0f} ms a frame",
    )


def _shown_before(source: Path, folder: Path) -> Path | None:
    """Return the source video beside the results, where browsers may play it and it costs no copy."""
    if source.suffix.lower() not in PLAYABLE:
        return None
    before = folder / f"before{source.suffix.lower()}"
    with suppress(OSError):
        before.hardlink_to(source)
    return before if before.exists() else None


def _plate(order: Order, matter: Matter, source: Frame) -> tuple[Frame | None, tuple[str, ...]]:
    """Return the plate of a picture, or of a video's first frame, and what is to be said of it."""
    if order.plate is None and (is_picture(order.source) or not matter.takes_plate):
        return None, ()  # a network that takes one says so
    opened = PictureSource(order.source) if is_picture(order.source) else VideoSource(order.source)
    said: list[str] = []
    plates = prepared_plates(opened, order.plate, order.align, order.match, matter.takes_plate, said.append)
    plate = plates.plate_for(source)
    return plate, (*said, *plates.notes)


def _matte(matter: Matter, source: Frame, plate: Frame | None) -> Matte:
    matter.runner.start_clip()
    return matter(source, plate)


def _first(path: Path, limits: Limits) -> Frame:
    """Return a picture, or a video's first frame."""
    if is_picture(path):
        return _source_picture(path, limits)
    source = VideoSource(path)
    limits.require_source(source)
    [frame] = islice(source.frames(), 1)
    return frame.image


def _source_picture(path: Path, limits: Limits) -> Frame:
    limits.require_picture(path)
    image = read_picture(path)
    limits.require_pixels(str(path), size_of(image), limits.pixels)
    return image
