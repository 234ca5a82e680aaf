"""A sound for the footage: a few plucked notes, synthesised."""

import io
import wave
from typing import Final

import numpy as np
from numpy.typing import NDArray

RATE: Final = 48_000
_NOTES: Final = (261.63, 329.63, 392.0, 523.25, 440.0, 392.0)
_EVERY: Final = 0.5


def plucked(seconds: float) -> NDArray[np.int16]:
    """Return notes of half a second each, (N,) int16 at 48 kHz."""
    times = np.arange(round(seconds * RATE)) / RATE
    total = np.zeros_like(times)
    for number in range(int(np.ceil(seconds / _EVERY))):
        since = times - number * _EVERY
        tone = 2 * np.pi * _NOTES[number % len(_NOTES)] * np.maximum(since, 0)
        total += np.where(since >= 0, np.exp(-5 * np.maximum(since, 0)) * (np.sin(tone) + 0.4 * np.sin(2 * tone)), 0)
    return np.asarray(np.round(total / np.abs(total).max() * 0.5 * 32767), np.int16)


def wav(samples: NDArray[np.int16]) -> bytes:
    """Return samples as a WAV file of one channel at 48 kHz."""
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return stream.getvalue()
