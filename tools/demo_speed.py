"""Compare the demo's frames per second with the inference alone: `python -m tools.demo_speed VIDEO PLATE MODEL`.

Rounds are interleaved, as `mattekit bench` interleaves models, and ratios are taken per round, so that they hold on a
machine whose speed drifts. Each round times the inference alone, as the throughput of `bench` does, and the whole demo
on the video: without an output, and writing MP4. CPU time per frame is measured beside it: what others do on the
machine hardly changes it, and where inference alone keeps all cores busy its ratio is the most that the frames' can be.
"""

import argparse
import statistics
import tempfile
import time
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
_ALONE = "inference alone"


def _demo(matter: Matter, given: argparse.Namespace, align: Align, target: Target, out: Path | None) -> RunTimes:
    plates = Plates(read_picture(given.plate), align, match=False)
    options = DemoOptions(out=out, sound=False, requests=given.nireq)
    done = run_demo(open_source(given.video), matter, plates, target, options)
    assert done.times is not None
    return done.times


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video")
    parser.add_argument("plate", type=Path)
    parser.add_argument("model", type=Path, help="an IR's .xml")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--nireq", type=int)
    parser.add_argument(
        "--nthreads", type=int, help="of the inference, here and there; fewer than cores leave some over"
    )
    parser.add_argument("--target", default="#78FF9B")
    parser.add_argument("--aligned", action="store_true", help="time the demo with an aligned plate too")
    given = parser.parse_args()
    frames = [frame.image for frame in open_source(given.video).frames()]
    plate = read_picture(given.plate)
    modes: list[tuple[str, Align, bool]] = [("demo, no output", "off", False), ("demo, MP4", "off", True)]
    modes += [("demo, aligned plate, MP4", "always", True)] if given.aligned else []
    names = [_ALONE, *(name for name, *_ in modes)]
    fps: dict[str, list[float]] = {name: [] for name in names}
    cpu: dict[str, list[float]] = {name: [] for name in names}
    with (
        open_target(given.target) as target,
        tempfile.TemporaryDirectory() as folder,
        Matter(open_model(given.model, properties=throughput(threads=given.nthreads))) as matter,
    ):
        contract = matter.runner.contract
        different = frames[:: max(1, len(frames) // _DIFFERENT)][:_DIFFERENT]
        feeds = [encode_inputs(contract, {"source": image, "background": plate}) for image in different]
        streams = IrStreams(FormFile(given.model, precision="default"), contract, None, given.nthreads)
        streams.run(feeds)
        for number in range(given.rounds):
            begun = time.process_time()
            seconds = streams.run(list(islice(cycle(feeds), len(frames))))
            cpu[_ALONE].append((time.process_time() - begun) * 1e3 / len(frames))
            fps[_ALONE].append(len(frames) / seconds)
            for name, align, writes in modes:
                out = Path(folder) / f"{number}.mp4" if writes else None
                begun = time.process_time()
                times = _demo(matter, given, align, target, out)
                cpu[name].append((time.process_time() - begun) * 1e3 / len(frames))
                fps[name].append(times.fps)
                print(name, *(f"{row.name} {row.mean_ms:.1f}" for row in times.stages), flush=True)
    for name in names:
        ratio = statistics.median(value / alone for value, alone in zip(fps[name], fps[_ALONE], strict=True))
        share = statistics.median(alone / value for value, alone in zip(cpu[name], cpu[_ALONE], strict=True))
        rate, spent = statistics.median(fps[name]), statistics.median(cpu[name])
        print(f"{name}: {rate:.2f} fps ({ratio:.0%}), CPU {spent:.1f} ms a frame ({share:.0%} of it inference)")


if __name__ == "__main__":
    main()
