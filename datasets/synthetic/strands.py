"""Hair: a solid mass close to the skull, thousands of strands over it, and flyaways that leave it.

Strands are paths of (count, steps, 2) in the head's frame. They are drawn in a few tones, each one mask of thin lines
whose coverage is the strands' soft alpha. Units: the head's height, from its centre.
"""

import math

import numpy as np

from datasets.synthetic.raster import Canvas, Points, fill, toned_strokes
from datasets.synthetic.shapes import Frame, mirrored, smooth
from datasets.synthetic.textures import Colour, branch, coloured, relief, smooth_field

_DOWN = np.array([0.0, 1.0])
_TONES = 15
_DARKEST, _BRIGHTEST = 0.55, 1.45


def _between(rng: np.random.Generator, low: float, high: float, count: int) -> Points:
    return low + (high - low) * rng.random(count)


def _curves(start: Points, first: Points, second: Points, end: Points, steps: int) -> Points:
    t = np.linspace(0.0, 1.0, steps)[np.newaxis, :, np.newaxis]
    u = 1.0 - t
    a, b, c, d = (points[:, np.newaxis] for points in (start, first, second, end))
    return u * u * u * a + 3 * u * u * t * b + 3 * u * t * t * c + t * t * t * d


def _rim(angle: Points, radius: Points) -> Points:
    """Points around the skull, the angle clockwise from the crown, radius 1 on the skull."""
    return np.stack([np.sin(angle) * 0.385 * radius, -np.cos(angle) * 0.5 * radius], axis=-1)


def _curled(paths: Points, rng: np.random.Generator, amplitude: float, turns: float) -> Points:
    count, steps = paths.shape[:2]
    t = np.linspace(0.0, 1.0, steps)[np.newaxis, :]
    phase = rng.random((count, 1)) * 2.0 * math.pi
    angle = phase + t * turns * 2.0 * math.pi * (0.7 + 0.6 * rng.random((count, 1)))
    size = amplitude * t * (0.5 + rng.random((count, 1)))
    return paths + np.stack([np.sin(angle) * size, np.cos(angle) * size * 0.6], axis=-1)


class Hair:
    """One person's hair: its style drawn once, painted in two layers, behind and before the head."""

    def __init__(self, rng: np.random.Generator, style: str, colour: Colour, soften: float) -> None:
        self.rng, self.style, self.colour, self.soften = rng, style, colour, soften
        self.part = float(rng.random() - 0.5) * 0.3
        self.volume = {"long": 1.08, "short": 1.06, "curly": 1.28, "bun": 1.03, "bald": 1.0}[style]
        self.volume += 0.1 * float(rng.random()) if style != "bald" else 0.0
        self.length = 0.75 + 1.0 * float(rng.random())
        self.wave = float(rng.random()) * 0.05 if rng.random() < 0.6 else 0.0
        self.fringe = style in ("long", "short", "curly") and rng.random() < 0.35
        self.beard = style in ("short", "bald") and rng.random() < 0.4
        self.count = int(2200 + 1800 * rng.random())

    def paint_back(self, canvas: Canvas, head: Frame, light: tuple[float, float]) -> None:
        """What lies behind the head, neck and shoulders."""
        rng, volume = self.rng, self.volume
        if self.style == "long":
            reach, spread = self.length, 0.40 + 0.08 * volume
            half = [(0.0, -0.5), (0.3, -0.42), (0.40, -0.1), (spread, 0.3), (spread * 0.98, reach * 0.75)]
            outline = smooth(mirrored([*half, (0.2, reach * 0.9)]))
            self._mass(canvas, head, outline, 0.55, light)
            lanes = _between(rng, -1.0, 1.0, self.count)
            lanes = np.sign(lanes) * np.sqrt(np.abs(lanes))
            self._strands(canvas, head, self._falling(lanes, spread, reach, self.count), 0.0028, 0.8)
        elif self.style == "curly":
            count = self.count * 2 // 3
            angles = _between(rng, -2.3, 2.3, count)
            start = _rim(angles, _between(rng, 0.7, self.volume, count))
            self._mass(canvas, head, self._cap_outline(2.2, volume * 0.97), 0.5, light)
            self._strands(canvas, head, self._springing(start, angles, 0.16), 0.0035, 0.8)
        elif self.style == "bun":
            x, y = self.part * 0.6, -0.56
            ring = np.linspace(0.0, 2.0 * math.pi, 13)[:-1]
            self._mass(
                canvas, head, smooth(np.stack([x + 0.2 * np.cos(ring), y + 0.16 * np.sin(ring)], -1)), 0.75, light
            )
            angles = _between(rng, 0.0, 2.0 * math.pi, 500)
            centre = np.array([x, y])
            out = np.stack([np.cos(angles) * 0.2, np.sin(angles) * 0.16], axis=-1)
            turned = np.stack([-np.sin(angles) * 0.15, np.cos(angles) * 0.12], axis=-1)
            size = _between(rng, 0.3, 1.08, 500)[:, np.newaxis]
            paths = _curves(
                centre + out * size, centre + (out + turned) * size, centre + turned * size * 1.2, centre - out * 0.4, 9
            )
            self._strands(canvas, head, paths, 0.0028, 1.0)

    def paint_front(self, canvas: Canvas, head: Frame, light: tuple[float, float]) -> None:
        """What frames the face, and the flyaways."""
        rng, volume = self.rng, self.volume
        if self.beard:
            self._strands(canvas, head, self._bearded(), 0.003, 0.9)
        if self.style == "bald":
            count = 500
            angles = np.sign(_between(rng, -1, 1, count)) * _between(rng, 1.15, 1.75, count)
            start = _rim(angles, _between(rng, 0.93, 1.0, count))
            self._strands(canvas, head, _curves(start, start, start * 1.01, start * 1.03 + _DOWN * 0.02, 4), 0.002, 0.9)
            return
        span = {"long": 1.75, "short": 1.72, "curly": 1.9, "bun": 1.6}[self.style]
        self._mass(canvas, head, self._front_outline(span, volume), 0.75, light)
        count = self.count
        if self.style == "curly":
            angles = _between(rng, -span, span, count)
            start = _rim(angles, _between(rng, 0.82, volume, count))
            self._strands(canvas, head, self._springing(start, angles, 0.13), 0.0035, 1.0)
        elif self.style == "long":
            lanes = np.sign(_between(rng, -1, 1, count)) * _between(rng, 0.80, 1.04, count)
            self._strands(
                canvas, head, self._falling(lanes, 0.40 + 0.08 * volume, self.length * 0.8, count), 0.0028, 1.0
            )
        else:
            self._strands(canvas, head, self._combed(count, span), 0.0028, 1.0)
        if self.fringe:
            count = 500
            x = _between(rng, -0.28, 0.28, count)
            start = np.stack([self.part * 0.5 + x * 0.3, _between(rng, -0.5, -0.42, count)], -1)
            end = np.stack([x * 1.05, _between(rng, -0.22, -0.12, count) + np.abs(x) * 0.2], -1)
            self._strands(canvas, head, _curves(start, start + _DOWN * -0.08, end + _DOWN * -0.2, end, 8), 0.0028, 1.0)
        self._flyaways(canvas, head, span)

    def _mass(self, canvas: Canvas, head: Frame, outline: Points, tone: float, light: tuple[float, float]) -> None:
        wobble = 1.0 + 0.03 * (self.rng.random((outline.shape[0], 1)) - 0.5)
        mask = fill(canvas.size, [head.place(outline * wobble)], max(self.soften, head.unit * 0.008))
        if mask.empty:
            return
        shade = relief(mask, max(1.5, head.unit * 0.1), light, 0.4) * np.float32(tone)
        shade = shade * smooth_field(branch(self.rng), mask.shape, (3, 14), 0.8, 1.2)
        canvas.paint(mask, coloured(shade, self.colour))

    def _strands(self, canvas: Canvas, head: Frame, paths: Points, width: float, tone: float) -> None:
        rng = self.rng
        groups = np.array_split(head.place(paths)[rng.permutation(len(paths))], 3 * _TONES)
        tones = [1 + int(value) for value in rng.permutation(3 * _TONES) % _TONES]
        mask, levels = toned_strokes(canvas.size, groups, tones, width * head.unit)
        if mask.empty:
            return
        step = (_BRIGHTEST - _DARKEST) / (_TONES - 1)
        factors = (levels - np.float32(1.0)) * np.float32(step * tone) + np.float32(_DARKEST * tone)
        sheen = smooth_field(branch(rng), mask.shape, (7, 3), 0.82, 1.2)
        canvas.paint(mask, coloured(factors * sheen, self.colour) + np.float32(4.0))

    def _falling(self, lanes: Points, spread: float, reach: float, count: int) -> Points:
        rng = self.rng
        start = np.stack([self.part + lanes * 0.06, _between(rng, -0.51, -0.47, count)], -1)
        over = np.stack([self.part * 0.5 + lanes * 0.40, _between(rng, -0.60, -0.5, count)], -1)
        side = np.stack([lanes * 0.43, _between(rng, -0.2, 0.3, count)], -1)
        drop = reach * (1.05 - 0.45 * _between(rng, 0.0, 1.0, count) ** 2)
        end = np.stack([lanes * spread * _between(rng, 0.88, 1.1, count), drop], -1)
        paths = _curves(start, over, side, end, 16)
        return _curled(paths, rng, 0.012 + self.wave, 1.5 + 20 * self.wave)

    def _springing(self, start: Points, angles: Points, length: float) -> Points:
        rng, count = self.rng, len(angles)
        size = _between(rng, 0.4, 1.3, count) * length
        out = np.stack([np.sin(angles) * size, -np.cos(angles) * size * 0.7 + size * 0.3], -1)
        paths = _curves(start, start + out * 0.4, start + out * 0.8, start + out, 18)
        return _curled(paths, rng, 0.035, 2.4)

    def _combed(self, count: int, span: float) -> Points:
        rng = self.rng
        angles = _between(rng, -span, span, count)
        start = _rim(angles * 0.55, _between(rng, 0.75, 1.0, count)) + np.array([self.part * 0.5, -0.02])
        end = _rim(angles, _between(rng, 0.9, self.volume + 0.015, count))
        middle = (start + end) * 0.5 + (end - start)[:, ::-1] * [0.06, -0.06]
        stray = _between(rng, 0.0, 1.0, count)[:, np.newaxis] ** 6 * (end - start) * [0.5, 0.5]
        return _curves(start, middle * 1.08, end * [1.05, 1.02], end + stray + _DOWN * 0.03, 9)

    def _bearded(self) -> Points:
        rng, count = self.rng, 1400
        x, y = _between(rng, -0.31, 0.31, count), _between(rng, 0.12, 0.5, count)
        jaw = np.abs(x) < 0.35 - 0.75 * np.maximum(y - 0.2, 0.0)
        shaved = (np.abs(x) < 0.17) & (y < 0.35) & ((y > 0.235) | (y < 0.2) | (np.abs(x) > 0.14))
        start = np.stack([x, y], -1)[jaw & ~shaved & ((y > 0.2) | (np.abs(x) > 0.26))]
        length = _between(rng, 0.02, 0.09, len(start))
        end = start + np.stack([start[:, 0] * length * 2.0, length], -1)
        middle = (start + end) * 0.5 + _between(rng, -0.02, 0.02, len(start))[:, np.newaxis]
        return _curves(start, middle, middle, end, 5)

    def _flyaways(self, canvas: Canvas, head: Frame, span: float) -> None:
        rng = self.rng
        count = int(70 + 160 * rng.random())
        angles = _between(rng, -span, span, count)
        start = _rim(angles, _between(rng, 0.85, self.volume, count))
        size = _between(rng, 0.08, 0.34, count) * (1.3 if self.style == "long" else 0.8)
        swirl = _between(rng, -1.4, 1.4, count)
        out = np.stack(
            [np.sin(angles + swirl) * size, -np.cos(angles + swirl) * size + 0.4 * size * np.abs(angles)], -1
        )
        bend = np.stack([out[:, 1], -out[:, 0]], -1) * _between(rng, -0.6, 0.6, count)[:, np.newaxis]
        paths = _curves(start, start + out * 0.3 + bend, start + out * 0.8 + bend, start + out, 12)
        self._strands(canvas, head, paths, 0.001, 1.1)
        if self.style == "long":
            lanes = np.sign(_between(rng, -1, 1, count)) * _between(rng, 1.0, 1.5, count)
            self._strands(canvas, head, self._falling(lanes, 0.45, self.length, count), 0.001, 1.0)

    def _cap_outline(self, span: float, volume: float) -> Points:
        angles = np.linspace(-span, span, 21)
        return smooth(_rim(angles, np.full(21, volume)))

    def _front_outline(self, span: float, volume: float) -> Points:
        angles = np.linspace(-span, span, 19)
        outer = _rim(angles, np.full(19, volume))
        low = -0.2 if self.fringe else -0.3
        temple, side = (0.335, 0.0), (0.36, 0.1)
        inner = [
            side,
            temple,
            (0.27, low + 0.08),
            (0.12, low),
            (self.part, low - 0.05),
            (-0.14, low),
            (-0.27, low + 0.08),
        ]
        return smooth(
            np.concatenate([outer, np.array([*inner, (-temple[0], temple[1]), (-side[0], side[1])])]), True, 4
        )
