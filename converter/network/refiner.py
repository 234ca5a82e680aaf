"""The refiner: 4x4-pixel cells of the full image where the coarse result errs are computed again at full resolution.

There are two forms of it. The dense one runs the convolutions over the padded maps, and a select keeps the chosen
cells: right for any batch, and a graph without crops, data-dependent shapes or scatters of pixels, to be exported and
trained. The cropped one, as in the paper, runs the same convolutions over a patch around every chosen cell: less to
compute, and the same but for rounding, since each output pixel sees the same inputs.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from configs.errors import UsageError
from configs.sizes import size_text
from converter.network.decoder import HIDDEN_CHANNELS
from converter.network.patches import blocks, channels_first, windows
from converter.network.resize import bilinear

RefineMode = Literal["sampling", "thresholding", "full"]
CELL = 4
# Patches of so many cells at once, 22 MB, fit a CPU's cache and bound the memory however many cells are chosen.
GROUP = 2048


class Refiner(nn.Module):
    """Chooses cells by the predicted error, and refines alpha and foreground residual in them.

    Args:
        mode: `sampling` takes the `sample_pixels // 16` cells of largest error, of them those with error > 0;
            `thresholding` all with error > `threshold`; `full` all.
        sample_pixels: pixels to refine per image in mode `sampling`.
        threshold: error (0..1) in mode `thresholding`.
    """

    def __init__(self, mode: RefineMode, sample_pixels: int, threshold: float) -> None:
        super().__init__()
        self.mode: RefineMode = mode
        self.sample_pixels = sample_pixels
        self.threshold = threshold
        coarse = HIDDEN_CHANNELS + 1 + 3
        self.conv1 = nn.Conv2d(coarse + 6, 24, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(24)
        self.conv2 = nn.Conv2d(24, 16, 3, bias=False)
        self.bn2 = nn.BatchNorm2d(16)
        self.conv3 = nn.Conv2d(16 + 6, 12, 3, bias=False)
        self.bn3 = nn.BatchNorm2d(12)
        self.conv4 = nn.Conv2d(12, 4, 3)

    def forward(
        self,
        source: Tensor,
        background: Tensor,
        alpha: Tensor,
        residual: Tensor,
        error: Tensor,
        hidden: Tensor,
        crop: bool = False,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Refine the coarse result.

        Args:
            source, background: (B, 3, H, W), RGB 0..1, H and W divisible by 4.
            alpha, residual, error, hidden: the coarse result, (B, 1 | 3 | 1 | 32, h, w).
            crop: compute the cropped form rather than the dense one; for inference alone.

        Returns:
            alpha (B, 1, H, W) and foreground residual (B, 3, H, W), neither clamped, and the map of chosen cells
            (B, 1, H/4, W/4), 1 where refined and 0 elsewhere.
        """
        height, width = source.shape[-2:]
        cells = self.choose_cells(bilinear(error, (height // CELL, width // CELL)))
        enlarged = bilinear(torch.cat([alpha, residual], dim=1), (height, width))
        coarse = torch.cat([hidden, alpha, residual], dim=1)
        if crop and self.mode != "full":
            self.refine_chosen(source, background, coarse, cells, enlarged)
            return enlarged[:, :1], enlarged[:, 1:], cells
        refined = self.refine_everywhere(source, background, coarse)
        chosen = F.interpolate(cells, scale_factor=CELL, mode="nearest") > 0
        result = torch.where(chosen, refined, enlarged)
        return result[:, :1], result[:, 1:], cells

    def choose_cells(self, error: Tensor) -> Tensor:
        """Return the map of cells to refine, (B, 1, H/4, W/4) of 0 and 1, for the error (same shape, 0..1).

        Raises:
            UsageError: in mode `sampling`, the image has fewer cells than are to be sampled.
        """
        if self.mode == "full":
            return torch.ones_like(error)
        if self.mode == "thresholding":
            return (error > self.threshold).to(error.dtype)
        batch, _, rows, columns = error.shape
        count = self.sample_pixels // CELL**2
        if count > rows * columns:
            raise UsageError(
                f"refine_sample_pixels is {self.sample_pixels}, but the image has {rows * columns * CELL**2} pixels "
                f"({size_text((rows * CELL, columns * CELL))}); lower refine_sample_pixels or use refine_mode full"
            )
        flat = error.reshape(batch, rows * columns)
        largest = torch.topk(flat, count, dim=1, sorted=False).indices
        sampled = torch.zeros_like(flat).scatter(1, largest, 1.0).reshape(error.shape)
        return sampled * (error > 0).to(error.dtype)

    def refine_everywhere(self, source: Tensor, background: Tensor, coarse: Tensor) -> Tensor:
        """Return alpha and foreground residual, (B, 4, H, W), refined in every cell.

        `coarse` is [hidden, alpha, residual], (B, 36, h, w). A cell's 2x2 pixels at half resolution, with 3 around
        them, shrink by two unpadded 3x3 convolutions to 4x4; doubled to 8x8 and joined with the full-resolution
        patch, two more give the cell's 4x4. Zeros stand outside the image.
        """
        height, width = source.shape[-2:]
        full = torch.cat([source, background], dim=1)
        half_size = (height // 2, width // 2)
        x = torch.cat([bilinear(coarse, half_size), bilinear(full, half_size)], dim=1)
        x = self._doubled(F.pad(x, (3, 3, 3, 3)))
        return self._joined(x, F.pad(full, (2, 2, 2, 2)))

    def refine_chosen(self, source: Tensor, background: Tensor, coarse: Tensor, cells: Tensor, result: Tensor) -> None:
        """Write what `refine_everywhere` gives for the chosen cells, (B, 1, H/4, W/4), over `result`, (B, 4, H, W)."""
        height, width = source.shape[-2:]
        coarse = coarse.contiguous(memory_format=torch.channels_last)  # as patches are, so that copies are of long runs
        half = [bilinear(image, (height // 2, width // 2)) for image in (coarse, source, background)]
        half_patches, full_patches = windows(half, CELL // 2, 3), windows([source, background], CELL, 2)
        refined = blocks(result, CELL)
        for group in torch.split(cells[:, 0].nonzero(), GROUP):
            places = group.unbind(dim=1)
            x = self._doubled(channels_first(half_patches[places]))
            refined[places] = self._joined(x, channels_first(full_patches[places]))

    def _doubled(self, x: Tensor) -> Tensor:
        """From 42 channels at half resolution to 16 at the full one; maps or patches, 8 pixels smaller there."""
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        return F.interpolate(x, scale_factor=2, mode="nearest")

    def _joined(self, x: Tensor, full: Tensor) -> Tensor:
        """From those 16 channels and the images' 6 to alpha and residual, 4 pixels smaller."""
        x = F.relu(self.bn3(self.conv3(torch.cat([x, full], dim=1))))
        result: Tensor = self.conv4(x)
        return result
