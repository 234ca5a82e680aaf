"""Small videos and pictures for the tests of the demo, written with PyAV alone."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

CLOCK = Fraction(1, 90000)
COLOURS = ((200, 40, 40), (40, 200, 40), (40, 40, 200), (220, 220, 220), (90, 30, 160), (10, 120, 130), (240, 200, 20))


def flat(colour: tuple[int, int, int], size: tuple[int, int] = (64, 96)) -> NDArray[np.uint8]:
    """Return an image of one colour."""
    return np.full((*size, 3), colour, np.uint8)


def write_clip(
    path: Path,
    images: Sequence[NDArray[np.uint8]],
    times: Sequence[Fraction] | None = None,
    *,
    rotation: int = 0,
    sound: str | None = None,
    start: Fraction = Fraction(0),
) -> Path:
    """Write images losslessly as H.264 (FFV1 in .mkv) in BT.601, with a sine of the codec `sound` beside them."""
    times = times or [Fraction(number, 10) for number in range(len(images))]
    with av.open(path, "w") as container:
        stream = container.add_stream("ffv1" if path.suffix == ".mkv" else "libx264", rate=10)
        height, width = images[0].shape[:2]
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv444p"
        if path.suffix == ".mp4":
            stream.options = {"crf": "1", "preset": "ultrafast"}
        stream.codec_context.time_base = CLOCK
        stream.codec_context.colorspace, stream.codec_context.color_range = 5, 1
        if rotation:
            stream.set_display_rotation(rotation)
        noise = container.add_stream(sound, rate=48000, layout="mono") if sound else None
        if noise is not None:
            _write_sine(container, noise, float(times[-1]) + 0.1, start)
        for image, time in zip(images, times, strict=True):
            frame = av.VideoFrame.from_ndarray(image, "rgb24")
            frame = frame.reformat(format="yuv444p", dst_colorspace="ITU601", dst_color_range="MPEG")
            frame.pts, frame.time_base = round((time + start) / CLOCK), CLOCK
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _write_sine(
    container: av.container.OutputContainer, stream: av.AudioStream, seconds: float, start: Fraction
) -> None:
    samples = np.sin(2 * np.pi * 440 * np.arange(round((seconds + float(start)) * 48000)) / 48000)
    wave = (samples * 20000).astype(np.int16)[None]
    resampler = av.AudioResampler(stream.format, "mono", 48000, stream.codec_context.frame_size or 1024)
    frame = av.AudioFrame.from_ndarray(wave, "s16", "mono")
    frame.sample_rate, frame.pts, frame.time_base = 48000, 0, Fraction(1, 48000)
    for ready in (*resampler.resample(frame), *resampler.resample(None)):
        container.mux(stream.encode(ready))
    container.mux(stream.encode(None))


def read_clip(path: Path, pixel_format: str = "rgb24") -> tuple[list[NDArray[np.uint8]], list[float]]:
    """Return a video's frames and their times, alpha of VP9 included."""
    with av.open(path) as container:
        stream = container.streams.video[0]
        decoder = stream.codec_context
        if decoder.name == "vp9":
            decoder = av.CodecContext.create("libvpx-vp9", "r")
        frames = [
            frame for packet in container.demux(stream) for frame in decoder.decode(packet if packet.size else None)
        ]
        base = stream.time_base
    return [frame.to_ndarray(format=pixel_format) for frame in frames], [float(frame.pts * base) for frame in frames]


def sound_of(path: Path) -> tuple[str, float, float]:
    """Return a file's sound: its codec, its length in seconds, and its loudest frequency in Hz."""
    with av.open(path) as container:
        stream = container.streams.audio[0]
        frames = [frame.to_ndarray().astype(float).ravel() for frame in container.decode(stream)]
        rate, name = stream.rate, stream.codec_context.name
    samples = np.concatenate(frames)
    spectrum = np.abs(np.fft.rfft(samples))
    return name, len(samples) / rate, float(np.argmax(spectrum[5:]) + 5) * rate / len(samples)
