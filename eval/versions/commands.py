"""What a worker is told to do. A command is sent whole, runs in the worker's process, and its answer comes back.

Frameworks are imported where a command runs: the process that sends it needs none of them.
"""

import importlib
import importlib.metadata
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, Generic, TypeVar

from configs.errors import DataError
from configs.load import override
from configs.schema import Config
from converter.forms.contract import Contract
from converter.runners.base import Feed, Runner, encode_inputs
from converter.taps.base import Array, Cut, Tap, Taps
from datasets.samples import sample as samples
from eval.versions.pins import Pin

Answer = TypeVar("Answer")
Report = Callable[[str, int, int], None]


@dataclass
class Desk:
    """What a worker has at hand from one command to the next.

    Attributes:
        report: called with (what is being done, done, total).
        runner: the variant that is timed.
        frames: its encoded frames, each with the clip that it is of.
        taps: the form whose inner tensors are read.
    """

    report: Report
    runner: Runner | None = None
    frames: list[tuple[str, Feed]] = field(default_factory=list)
    taps: Taps | None = None

    def opened(self) -> Taps:
        """Return the open form."""
        assert self.taps is not None, "OpenTaps comes first"
        return self.taps


class Command(ABC, Generic[Answer]):
    """Something to be done in a worker."""

    @abstractmethod
    def run(self, desk: Desk) -> Answer:
        """Do it, in the worker."""


@dataclass(frozen=True)
class Introduce(Command[str]):
    """Import the package that the worker is for; answer its version.

    Attributes:
        pin: what must run.
        packages: the folder that it must come from; None where it is the running environment's.
    """

    pin: Pin
    packages: Path | None

    def run(self, desk: Desk) -> str:
        """See `Command.run`.

        Raises:
            DataError: another version runs, or it comes from elsewhere.
        """
        module = importlib.import_module(self.pin.package)
        origin = Path(str(module.__file__)).resolve()
        # OpenVINO's own is of its libraries, whatever the files around them say; a build follows a hyphen.
        found = getattr(module, "__version__", importlib.metadata.version(self.pin.package)).partition("-")[0]
        elsewhere = self.packages is not None and not origin.is_relative_to(self.packages.resolve())
        if elsewhere or not self.pin.is_met_by(found):
            expected = "" if self.packages is None else f" from {self.packages}"
            raise DataError(f"expected {self.pin}{expected} to run, found {found} from {origin.parent}")
        return found


@dataclass(frozen=True)
class Evaluate(Command[None]):
    """Evaluate a job and write the run's results and scores into a folder."""

    config: Config
    folder: Path
    rerun: tuple[str, ...]

    def run(self, desk: Desk) -> None:
        """See `Command.run`; errors as `eval.pipeline.evaluate.evaluate`."""
        from eval.pipeline.evaluate import evaluate
        from eval.run.stored import write_run

        write_run(self.folder, evaluate(self.config, rerun=self.rerun, report=desk.report))


@dataclass(frozen=True)
class Convert(Command[Config]):
    """Convert the original of the job's converted model anew, with the settings that it was converted with.

    Attributes:
        config: the job; `convert.out` is the folder that is there.
        out: the folder to make.
    """

    config: Config
    out: Path

    def run(self, desk: Desk) -> Config:
        """See `Command.run`; answer the job on what was made. Errors as `converter.convert.convert`."""
        from converter.convert import convert
        from converter.forms.record import Conversion, recorded_model

        record = Conversion.read(self.config.convert.out)
        changes = {"model": recorded_model(record), "convert": record.settings.get("convert"), "convert.out": self.out}
        job = override(self.config, changes, str(self.config.convert.out))
        convert(job, say=lambda _: None, report=desk.report)
        return job


@dataclass(frozen=True)
class OpenVariant(Command[None]):
    """Open a variant of the job's converted model, and encode the set's first frames for it."""

    config: Config
    variant: str
    frames: int

    def run(self, desk: Desk) -> None:
        """See `Command.run`; errors as `eval.run.variants.open_variant`."""
        from converter.forms.variant import parse_variant
        from datasets.samples.layout import iterate_pairs
        from eval.run.opening import open_dataset, open_models
        from eval.run.variants import open_variant

        CloseVariant().run(desk)
        config, record = self.config, open_models(self.config)
        variant = parse_variant(self.variant, config.evaluate.device)
        desk.runner, _ = open_variant(variant, record, config.convert.out)
        limit = min(self.frames, config.dataset.limit or self.frames)
        contract = desk.runner.contract
        desk.frames = [
            (sample.clip, encode_inputs(contract, sample.images))
            for sample in iterate_pairs(open_dataset(config.dataset), limit)
        ]


@dataclass(frozen=True)
class CloseVariant(Command[None]):
    """Close what `OpenVariant` opened, so that it holds no memory and no threads."""

    def run(self, desk: Desk) -> None:
        """See `Command.run`."""
        if desk.runner is not None:
            desk.runner.close()
        desk.runner, desk.frames = None, []


@dataclass(frozen=True)
class Infer(Command[float]):
    """Run the open variant on one of its frames, counted on and on; answer the milliseconds of inference alone."""

    frame: int

    def run(self, desk: Desk) -> float:
        """See `Command.run`."""
        assert desk.runner is not None, "OpenVariant comes first"
        clip, feed = desk.frames[self.frame % len(desk.frames)]
        desk.runner.enter_clip(clip)
        started = perf_counter()
        desk.runner.run(feed)
        return (perf_counter() - started) * 1e3


@dataclass(frozen=True)
class Form:
    """What a form whose inner tensors are to be read says of itself: the attributes of `Taps`."""

    label: str
    framework: str
    precision: str
    contract: Contract
    taps: tuple[Tap, ...]
    cuttable: bool


@dataclass(frozen=True)
class OpenTaps(Command[Form]):
    """Open a variant of the job's converted model for reading its inner tensors."""

    config: Config
    variant: str

    def run(self, desk: Desk) -> Form:
        """See `Command.run`; errors as `converter.taps.opening.open_variant_taps`."""
        from converter.forms.variant import parse_variant
        from converter.taps.opening import open_variant_taps

        variant = parse_variant(self.variant, self.config.evaluate.device)
        desk.taps = taps = open_variant_taps(variant, self.config)
        return Form(taps.label, taps.framework, taps.precision, taps.contract, taps.taps, taps.cuttable)


@dataclass(frozen=True)
class StatesAfter(Command[dict[str, Any]]):
    """See `Taps.states_after`."""

    frames: tuple[samples.Pair, ...]

    def run(self, desk: Desk) -> dict[str, Any]:
        """See `Command.run`."""
        return desk.opened().states_after(self.frames)


@dataclass(frozen=True)
class ReadTensors(Command[dict[str, Array]]):
    """See `Taps.read`."""

    names: Sequence[str]
    feed: Mapping[str, Array]

    def run(self, desk: Desk) -> dict[str, Array]:
        """See `Command.run`."""
        return desk.opened().read(self.names, dict(self.feed))


@dataclass(frozen=True)
class CutPart(Command[Cut]):
    """See `Taps.cut`."""

    target: str
    known: tuple[str, ...]
    file: Path | None

    def run(self, desk: Desk) -> Cut:
        """See `Command.run`."""
        return desk.opened().cut(self.target, self.known, self.file)


@dataclass(frozen=True)
class RunPart(Command[Array]):
    """See `Taps.run_cut`."""

    cut: Cut
    inputs: Mapping[str, Array]

    def run(self, desk: Desk) -> Array:
        """See `Command.run`."""
        return desk.opened().run_cut(self.cut, self.inputs)
