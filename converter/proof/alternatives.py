"""What the original gives in other states than its own: with other cells refined, or with a path fed otherwise."""

from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from converter.network import MattingNetwork
from converter.network.resize import bilinear
from converter.proof.tiles import Alternatives, Mask
from datasets.samples.sample import Prediction

Image = NDArray[np.uint8]


class PathImages(NamedTuple):
    """What each path of the network sees: (H, W, 3) uint8 RGB, H and W divisible by 4.

    Attributes:
        base_source, base_background: the base network, which works on them made small.
        refiner_source, refiner_background: the refiner.
        added_source: the sum that makes the foreground.
    """

    base_source: Image
    base_background: Image
    refiner_source: Image
    refiner_background: Image
    added_source: Image


class Matted:
    """An image that the original has matted, which can be asked what it would have given for its cells otherwise.

    Args:
        network: the original, in evaluation mode.
        images: what its paths see.
    """

    def __init__(self, network: MattingNetwork, images: PathImages) -> None:
        self._network, self._images = network, images
        self._known: Mask | None = None
        """The cells that `_refined` holds refined."""
        with torch.inference_mode():
            source, background = _tensor(images.base_source), _tensor(images.base_background)
            height, width = source.shape[-2:]
            size = (int(height * network.backbone_scale), int(width * network.backbone_scale))
            self._base = network.base(bilinear(source, size), bilinear(background, size))

    @classmethod
    def of(cls, network: MattingNetwork, source: Image, background: Image) -> "Matted":
        """Matte an image, all paths alike."""
        return cls(network, PathImages(source, background, source, background, source))

    def prediction(self) -> Prediction:
        """Return what the network gives."""
        with torch.inference_mode():
            coarse = self._alpha, self._residual, self._base[:, 4:5].clamp(0, 1), self._hidden
            images = _tensor(self._images.refiner_source), _tensor(self._images.refiner_background)
            alpha, residual, _ = self._network.refiner(*images, *coarse, crop=True)
            return self._finished(torch.cat([alpha, residual], dim=1))

    @cached_property
    def coarse_alpha(self) -> NDArray[np.float32]:
        """The alpha that it gives with no cell refined, (H, W) float32, 0..1."""
        size = self._images.added_source.shape[:2]
        with torch.inference_mode():
            alpha: NDArray[np.float32] = bilinear(self._alpha, (size[0], size[1])).clamp(0, 1)[0, 0].numpy()
        return alpha

    def coarse(self) -> Prediction:
        """Return what it gives with no cell refined."""
        with torch.inference_mode():
            return self._finished(self._enlarged())

    def states(self, cells: Mask) -> Alternatives:
        """Return both states of cells; those that were asked for before are not computed again.

        Args:
            cells: (H/4, W/4), which; what the refined prediction holds in others is not to be used.
        """
        with torch.inference_mode():
            self._refine(cells)
            return Alternatives(self._finished(self._enlarged()), self._finished(self._refined))

    def _refine(self, cells: Mask) -> None:
        new = cells if self._known is None else cells & ~self._known
        if new.any():
            images = _tensor(self._images.refiner_source), _tensor(self._images.refiner_background)
            inner = torch.cat([self._hidden, self._alpha, self._residual], dim=1)
            chosen = torch.from_numpy(new)[None, None]
            self._network.refiner.refine_chosen(*images, inner, chosen, self._refined)
            self._known = new if self._known is None else self._known | new

    @cached_property
    def _refined(self) -> Tensor:
        return self._enlarged()

    @property
    def _alpha(self) -> Tensor:
        return self._base[:, 0:1].clamp(0, 1)

    @property
    def _residual(self) -> Tensor:
        return self._base[:, 1:4]

    @property
    def _hidden(self) -> Tensor:
        return self._base[:, 5:].relu()

    def _enlarged(self) -> Tensor:
        height, width = self._images.added_source.shape[:2]
        return bilinear(torch.cat([self._alpha, self._residual], dim=1), (height, width))

    def _finished(self, result: Tensor) -> Prediction:
        alpha, foreground = result[:, :1].clamp(0, 1), (result[:, 1:] + _tensor(self._images.added_source)).clamp(0, 1)
        return Prediction(alpha=alpha[0, 0].numpy(), foreground=foreground[0].permute(1, 2, 0).contiguous().numpy())


def _tensor(image: Image) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)[None])).float() / 255
