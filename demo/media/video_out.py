"""Videos as an output: MP4, WebM and ProRes through PyAV, and animated WebP."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from demo.media.colour import frame_of, tag
from demo.media.frames import FrameSource
from demo.media.library import require_pyav, writing_errors
from demo.media.sound import Sound, SoundRules

_CLOCK = Fraction(1, 90000)


@dataclass(frozen=True, slots=True)
class VideoKind:
    """How one kind of video is written.

    Attributes:
        container, codec: FFmpeg's names.
        opaque, alpha: pixel format without and with alpha; None where the kind has no alpha.
        options: of the codec.
        container_options: of the container.
        clock: what times are rounded to, in seconds.
        even: whether both sides must be even, because colour has half the resolution.
        sound: how it holds sound; None where it has none.
    """

    container: str
    codec: str
    opaque: str
    alpha: str | None
    options: Mapping[str, str] = field(default_factory=dict)
    container_options: Mapping[str, str] = field(default_factory=dict)
    clock: Fraction = _CLOCK
    even: bool = False
    sound: SoundRules | None = None


_VP9 = {"deadline": "realtime", "cpu-used": "7", "row-mt": "1", "crf": "24", "b": "0", "auto-alt-ref": "0"}
_AAC_RATES = (48000, 44100, 96000, 88200, 64000, 32000, 24000, 22050, 16000, 12000, 11025, 8000)
KINDS: Mapping[str, VideoKind] = {
    ".mp4": VideoKind(
        "mp4",
        "libx264",
        "yuv420p",
        None,
        {"preset": "veryfast", "crf": "18"},
        {"movflags": "+faststart"},
        even=True,
        sound=SoundRules(frozenset({"aac", "mp3", "ac3", "eac3", "alac"}), "aac", _AAC_RATES),
    ),
    ".webm": VideoKind(
        "webm",
        "libvpx-vp9",
        "yuv420p",
        "yuva420p",
        _VP9,
        sound=SoundRules(frozenset({"opus", "libopus", "vorbis"}), "libopus", (48000, 24000, 16000, 12000, 8000)),
    ),
    ".mov": VideoKind(
        "mov",
        "prores_ks",
        "yuv444p10le",
        "yuva444p10le",
        {"profile": "4444"},
        sound=SoundRules(
            frozenset({"aac", "mp3", "ac3", "alac", "pcm_s16le", "pcm_s24le", "pcm_s32le"}), "aac", _AAC_RATES
        ),
    ),
    ".webp": VideoKind(
        "webp",
        "libwebp_anim",
        "bgra",
        "bgra",
        {"quality": "75", "compression_level": "4"},
        {"loop": "0"},
        clock=Fraction(1, 1000),
    ),
}


class VideoFile:
    """Writes one video; the file is playable once closed, however few frames there are.

    Args:
        work: where to write.
        kind: of video.
        source: what is written; gives rate, shape of pixels and sound.
        sound: whether to take its sound along.
        transparent: whether frames come as RGBA.

    Attributes:
        notes: what was changed of frames and sound.
    """

    def __init__(self, work: Path, kind: VideoKind, source: FrameSource, *, sound: bool, transparent: bool) -> None:
        require_pyav(str(work))
        import av

        self._kind, self._source = kind, source
        self._format = kind.alpha if transparent and kind.alpha else kind.opaque
        self._with_sound = sound and source.sound is not None
        self.notes: list[str] = []
        with writing_errors(work):
            self._container = av.open(work, "w", kind.container, container_options=dict(kind.container_options))
        self._stream: Any = None
        self._sound: Sound | None = None
        self._last, self._ticks = Fraction(0), -1
        self._work = work

    def write(self, image: NDArray[np.uint8], time: Fraction) -> None:
        """Write a frame.

        Args:
            image: (H, W, 3) RGB or (H, W, 4) RGBA uint8, of the same size as the first.
            time: when it is shown, in seconds from the first.
        """
        if self._kind.even:
            image = _even(image)
        if self._stream is None:
            self._begin(image.shape[0], image.shape[1])
        frame = frame_of(image, self._format)
        # Two frames within one tick of the clock still follow each other.
        self._ticks = max(round(time / self._kind.clock), self._ticks + 1)
        frame.pts, frame.time_base = self._ticks, self._kind.clock
        with writing_errors(self._work):
            if self._sound is not None:
                self._sound.until(time)
            self._container.mux(self._stream.encode(frame))
        self._last = time

    def close(self) -> None:
        """Write what is still held back, and the end of the file."""
        try:
            if self._stream is not None:
                with writing_errors(self._work):
                    if self._sound is not None:
                        self._sound.until(self._last + 1 / self._source.rate)
                    self._container.mux(self._stream.encode(None))
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let go of the file as it is."""
        if self._sound is not None:
            self._sound.close()
        self._container.close()

    def _begin(self, height: int, width: int) -> None:
        stream: Any = self._container.add_stream(
            self._kind.codec, rate=self._source.rate.limit_denominator(1001), options=dict(self._kind.options)
        )
        stream.width, stream.height, stream.pix_fmt = width, height, self._format
        context = stream.codec_context
        context.time_base = self._kind.clock
        if self._source.pixel_aspect != 1:
            context.sample_aspect_ratio = self._source.pixel_aspect
        if self._format.startswith("yuv"):
            tag(context, height)
        self._stream = stream
        if not self._with_sound or self._source.sound is None:
            return
        if self._kind.sound is None:
            self.notes.append(f"{self._source.what}: has sound, which {self._kind.container} holds none of: left out")
            return
        self._sound = Sound(self._source.sound, self._source.start, self._container, self._kind.sound)
        if self._sound.how != "copied":
            self.notes.append(f"{self._source.what}: its sound is encoded anew, as {self._sound.how}")


def _even(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Repeat the last row and column where the sides are odd."""
    height, width = image.shape[:2]
    return np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge") if height % 2 or width % 2 else image
