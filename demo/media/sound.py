"""A video's sound, taken along: copied where the new container holds its codec, else encoded anew."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo.media.library import reading_errors

if TYPE_CHECKING:
    import av
    from av.container import OutputContainer


@dataclass(frozen=True, slots=True)
class SoundRules:
    """Which codecs a container holds as they are, and into which one others are encoded.

    Attributes:
        copied: FFmpeg's names of codecs.
        codec: for all others.
        rates: that this codec takes, the preferred first; a rate that is none of them becomes that one.
    """

    copied: frozenset[str]
    codec: str
    rates: tuple[int, ...]


class Sound:
    """Takes the sound of a file into a container, a little at a time, so that it lies beside its pictures.

    Args:
        source: the file.
        start: what its clock shows at the first picture, in seconds; sound before it is left out.
        into: the container; the stream is added at once.
        rules: of that container.

    Attributes:
        how: `copied`, or the codec into which it is encoded.
    """

    def __init__(self, source: Path, start: Fraction, into: "OutputContainer", rules: SoundRules) -> None:
        import av

        self._source, self._start, self._into = source, start, into
        with reading_errors(source):
            self._file = av.open(source)
        self._stream = self._file.streams.audio[0]
        codec = self._stream.codec_context.name
        self.how = "copied" if codec in rules.copied else rules.codec
        if self.how == "copied":
            self._out: Any = into.add_stream_from_template(self._stream)
            self._packets = self._copied()
        else:
            rate = self._stream.rate
            self._out = into.add_stream(rules.codec, rate=rate if rate in rules.rates else rules.rates[0])
            self._out.layout = "stereo" if self._stream.channels > 1 else "mono"
            self._packets = self._encoded()
        self._next: av.Packet | None = None

    def until(self, time: Fraction) -> None:
        """Write what sounds before this time, in seconds from the first picture."""
        with reading_errors(self._source):
            while True:
                if self._next is None:
                    self._next = next(self._packets, None)
                packet = self._next
                if packet is None or packet.pts is None or packet.pts * packet.time_base >= time:
                    return
                self._into.mux(packet)
                self._next = None

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def _copied(self) -> Iterator["av.Packet"]:
        for packet in self._file.demux(self._stream):
            if packet.pts is None or packet.dts is None:
                continue
            shift = round(self._start / packet.time_base)
            if packet.pts < shift:
                continue
            packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, self._out
            yield packet

    def _encoded(self) -> Iterator["av.Packet"]:
        import av

        context = self._out.codec_context
        context.open(strict=False)
        resampler = av.AudioResampler(context.format, context.layout, context.sample_rate, context.frame_size or None)
        written = 0
        for frame in self._file.decode(self._stream):
            if frame.pts is not None and frame.pts * frame.time_base < self._start:
                continue
            for ready in resampler.resample(frame):
                yield from self._counted(ready, written)
                written += ready.samples
        for ready in resampler.resample(None):
            yield from self._counted(ready, written)
            written += ready.samples
        yield from self._out.encode(None)

    def _counted(self, frame: "av.AudioFrame", written: int) -> Iterator["av.Packet"]:
        """Encode a frame at the time that the samples before it give."""
        frame.pts, frame.time_base = written, Fraction(1, frame.sample_rate)
        yield from self._out.encode(frame)
