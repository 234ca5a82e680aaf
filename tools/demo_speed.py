"""Compare the demo's frames per second with the inference alone: `python -m tools.demo_speed VIDEO PLATE MODEL`.

Rounds are interleaved, as `mattekit bench` interleaves models, and ratios are taken per round, so that they hold on a
machine whose speed drifts. Each round times the inference alone, as the throughput of `bench` does, and the whole demo
on the video: without an output, and writing MP4.
"""

import argparse
import statistics
import tempfile
from itertools import cycle, islice
from pathlib import Path

from configs.schema import Align
from converter.forms.variant import FormFile
from converter.runners.base import encode_inputs
from converter.runners.devices import throughput
from converter.runners.timing import IrStreams
from demo.composing.targets import Target
from demo.matting.matter import Matter
from demo.matting.opening import open_model
from demo.media.pictures import read_picture
from demo.media.reading import open_source
from demo.pipeline.plates import Plates
from demo.pipeline.run import DemoOptions, run_demo
from demo.pipeline.targets import open_target
from demo.pipeline.timing import RunTimes

_DIFFERENT = 6


def _demo(matter: Matter, video: str, plate: Path, align: Align, target: Target, out: Path | None) -> RunTimes:
    plates = Plates(read_picture(plate), align, match=False)
    done = run_demo(open_source(video), matter, plates, target, DemoOptions(out=out, sound=False))
    assert done.times is not None
    return done.times


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video")
    parser.add_argument("plate", type=Path)
    parser.add_argument("model", type=Path, help="an IR's .xml")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--target", default="#78FF9B")
    parser.add_argument("--aligned", action="store_true", help="time the demo with an aligned plate too")
    given = parser.parse_args()
    frames = [frame.image for frame in open_source(given.video).frames()]
    plate = read_picture(given.plate)
    modes: list[tuple[str, Align, bool]] = [("demo, no output", "off", False), ("demo, MP4", "off", True)]
    modes += [("demo, aligned plate, MP4", "always", True)] if given.aligned else []
    fps: dict[str, list[float]] = {name: [] for name in ("inference alone", *(name for name, *_ in modes))}
    with (
        open_target(given.target) as target,
        tempfile.TemporaryDirectory() as folder,
        Matter(open_model(given.model, properties=throughput())) as matter,
    ):
        contract = matter.runner.contract
        different = frames[:: max(1, len(frames) // _DIFFERENT)][:_DIFFERENT]
        feeds = [encode_inputs(contract, {"source": image, "background": plate}) for image in different]
        streams = IrStreams(FormFile(given.model, precision="default"), contract, None)
        streams.run(feeds)
        for number in range(given.rounds):
            seconds = streams.run(list(islice(cycle(feeds), len(frames))))
            fps["inference alone"].append(len(frames) / seconds)
            for name, align, writes in modes:
                out = Path(folder) / f"{number}.mp4" if writes else None
                times = _demo(matter, given.video, given.plate, align, target, out)
                fps[name].append(times.fps)
                print(name, *(f"{row.name} {row.mean_ms:.1f}" for row in times.stages), flush=True)
    base = fps["inference alone"]
    for name, values in fps.items():
        ratio = statistics.median(value / alone for value, alone in zip(values, base, strict=True))
        print(f"{name}: {statistics.median(values):.2f} fps, {ratio:.0%} of the inference alone; rounds {len(values)}")


if __name__ == "__main__":
    main()
