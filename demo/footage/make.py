"""Make the footage: a video with sound, its plate, a target, and whom to credit."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

from configs.files import new_folder, sha256_of, write_atomically
from configs.folders import find_made
from configs.records import Record
from datasets.people.make import AUTHOR, LICENCE
from datasets.people.pack import Pack
from datasets.samples.credits import attribution
from datasets.samples.images import write_png
from datasets.samples.manifest import ATTRIBUTION_NAME, CreditEntry, Role
from demo.footage.scene import BACKGROUND, PERSON, TARGET, Scene, sample_named
from demo.footage.sound import plucked, wav
from demo.matting.fitting import Size
from demo.media.frames import FrameSource, TimedFrame
from demo.media.library import require_pyav
from demo.media.writing import Result, open_output

SOURCE_NAME, PLATE_NAME, TARGET_NAME = "source.mp4", "plate.png", "target.png"
RATE = Fraction(30)
VERSION = 1


class FootageRecord(Record):
    """What a folder of footage holds.

    Attributes:
        version: raised whenever a frame changes.
        size: height and width.
        frames: of the video.
        files: name to SHA-256.
    """

    FILE: ClassVar[str] = "footage.json"
    REMEDY: ClassVar[str] = "make the footage again with `mattekit dataset footage --force`"

    version: int = VERSION
    size: tuple[int, int]
    frames: int
    files: dict[str, str]

    def holds(self) -> frozenset[str]:
        """Return what the folder of footage may hold: the record and every file of it."""
        return self.names() | frozenset(self.files)


def make_footage(
    out: Path,
    pack: Pack,
    size: Size,
    seconds: float,
    *,
    force: bool = False,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> FootageRecord:
    """Make the footage in a folder, which appears only when whole; nothing where the same is there already.

    Frames, plate and sound are the same every time; the encoder may make other bytes of them.

    Args:
        out: the folder.
        pack: the bundled people.
        size: height and width; even.
        seconds: of the video, at 30 frames a second.
        force: replace other footage.
        progress: called with (frames done, frames).

    Raises:
        UsageError: `out` holds something else, or PyAV is not installed.
    """
    require_pyav("footage")
    frames = max(1, round(seconds * RATE))
    wanted = FootageRecord(size=size, frames=frames, files={})
    found = find_made(
        out,
        FootageRecord.read_if_there,
        foreign="holds something that is no footage of ours; choose another folder with --out",
        holds=FootageRecord.holds,
        fault=lambda record: _fault(out, record, wanted),
        replace=force,
    )
    if found is not None:
        return found
    with new_folder(out, replace=force) as folder:
        scene = Scene(pack, size)
        _write_video(folder / SOURCE_NAME, scene, frames, progress)
        write_png(folder / PLATE_NAME, scene.plate())
        write_png(folder / TARGET_NAME, scene.target())
        write_atomically(folder / ATTRIBUTION_NAME, attribution(_credits(pack)))
        names = (SOURCE_NAME, PLATE_NAME, TARGET_NAME, ATTRIBUTION_NAME)
        record = wanted.model_copy(update={"files": {name: sha256_of(folder / name) for name in names}})
        record.write(folder)
    return record


class _Rendered(FrameSource):
    def __init__(self, scene: Scene, frames: int, sound: Path) -> None:
        super().__init__()
        self.what, self.count, self.rate, self.sound, self._scene = "footage", frames, RATE, sound, scene

    def frames(self) -> Iterator[TimedFrame]:
        for number in range(self.count or 0):
            yield TimedFrame(f"{number:06}", self._scene.frame(float(number / RATE)), number / RATE)


def _write_video(path: Path, scene: Scene, frames: int, progress: Callable[[int, int], None]) -> None:
    with TemporaryDirectory() as folder:
        sound = Path(folder) / "sound.wav"
        write_atomically(sound, wav(plucked(float(frames / RATE))))
        source = _Rendered(scene, frames, sound)
        with open_output(path, source, transparent=False, sound=True) as output:
            for number, frame in enumerate(source.frames(), 1):
                output.write(Result(frame.name, frame.image, frame.time))
                progress(number, frames)


def _fault(out: Path, record: FootageRecord, wanted: FootageRecord) -> str:
    if record.model_copy(update={"files": {}}) != wanted:
        return f"{out}: holds other footage; replace it with --force, or choose another folder with --out"
    changed = [name for name, digest in record.files.items() if sha256_of(out / name) != digest]
    return f"{out}: {', '.join(changed)} changed; make it again with --force" if changed else ""


def _credits(pack: Pack) -> Iterator[CreditEntry]:
    known = {photograph.name: photograph for photograph in pack.record.photographs}
    pictures: tuple[tuple[Role, str, str], ...] = (
        ("background", PLATE_NAME, BACKGROUND),
        ("background", TARGET_NAME, TARGET),
        ("foreground", SOURCE_NAME, PERSON),
    )
    for role, file, name in pictures:
        photographs = [known[used] for used in sample_named(pack, name).photographs]
        yield CreditEntry(
            role=role,
            file=file,
            licence="; ".join(dict.fromkeys([LICENCE, *(photograph.licence for photograph in photographs)])),
            author="; ".join(dict.fromkeys([AUTHOR, *(photograph.credit for photograph in photographs)])),
            title="; ".join([f"{role} of {name}", *(f"photograph {photograph.name}" for photograph in photographs)]),
        )
