"""The network as the published exporter traces it: the refiner crops a patch around every cell and scatters it back.

Same weights, same values; another graph than `converter.network`: RoIAlign crops on a dynamic number of cells
(NonZero), and one ScatterElements that addresses every refined pixel by its flat index. It exists to measure the
published recipe, and is right for a batch of one.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from converter.network import MattingNetwork, MattingOutput
from converter.network.matting import check_input_shapes
from converter.network.refiner import CELL, Refiner
from converter.network.resize import bilinear


class RecipeNetwork(nn.Module):
    """`MattingNetwork` with the refiner of the published exporter, on the same weights.

    Args:
        network: the reference network, in eval mode.
    """

    def __init__(self, network: MattingNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, source: Tensor, background: Tensor) -> MattingOutput:
        """Matte `source` before `background`, both (1, 3, H, W), RGB 0..1, H and W divisible by 4."""
        check_input_shapes(tuple(source.shape), tuple(background.shape))
        height, width = source.shape[-2:]
        size = (int(height * self.network.backbone_scale), int(width * self.network.backbone_scale))
        source_sm, background_sm = bilinear(source, size), bilinear(background, size)
        x = self.network.base(source_sm, background_sm)
        alpha_sm, residual_sm, error_sm = x[:, 0:1].clamp(0, 1), x[:, 1:4], x[:, 4:5].clamp(0, 1)
        coarse = torch.cat([x[:, 5:].relu(), alpha_sm, residual_sm], dim=1)
        refined, cells = refine_by_patches(self.network.refiner, source, background, coarse, error_sm)
        return MattingOutput(
            pha=refined[:, :1].clamp(0, 1),
            fgr=(refined[:, 1:] + source).clamp(0, 1),
            pha_sm=alpha_sm,
            fgr_sm=(residual_sm + source_sm).clamp(0, 1),
            err_sm=error_sm,
            ref_sm=cells,
        )


def refine_by_patches(
    refiner: Refiner, source: Tensor, background: Tensor, coarse: Tensor, error: Tensor
) -> tuple[Tensor, Tensor]:
    """Refine patch by patch.

    Args:
        refiner: its weights and its selection.
        source, background: (1, 3, H, W), RGB 0..1.
        coarse: hidden, alpha and foreground residual, (1, 36, h, w).
        error: (1, 1, h, w).

    Returns:
        alpha and foreground residual (1, 4, H, W), not clamped, and the map of chosen cells (1, 1, H/4, W/4).
    """
    height, width = source.shape[-2:]
    half = (height // 2, width // 2)
    cells = refiner.choose_cells(bilinear(error, (height // CELL, width // CELL)))
    _, rows, columns = cells[:, 0].nonzero().unbind(1)
    full = torch.cat([source, background], dim=1)
    patches = [crop(bilinear(coarse, half), rows, columns, 2, 3), crop(bilinear(full, half), rows, columns, 2, 3)]
    x = F.relu(refiner.bn1(refiner.conv1(torch.cat(patches, dim=1))))
    x = F.relu(refiner.bn2(refiner.conv2(x)))
    x = F.interpolate(x, size=(8, 8), mode="nearest")
    x = torch.cat([x, crop(full, rows, columns, CELL, 2)], dim=1)
    x = refiner.conv4(F.relu(refiner.bn3(refiner.conv3(x))))
    whole = bilinear(coarse[:, -4:], (height, width))
    return put_back(whole, x, rows, columns), cells


def crop(image: Tensor, rows: Tensor, columns: Tensor, size: int, padding: int) -> Tensor:
    """Return the patch of side size + 2 padding around every chosen cell, (N, C, side, side), from (1, C, H, W)."""
    padded = F.pad(image, (padding,) * 4)
    boxes = boxes_of(rows, columns, size, padding, image.dtype)
    patches: Tensor = _Crop.apply(padded, boxes, size, padding)  # type: ignore[no-untyped-call]
    return patches


def boxes_of(rows: Tensor, columns: Tensor, size: int, padding: int, dtype: torch.dtype) -> Tensor:
    """Return the cells' boxes in the padded image, (N, 4) of left, top, right, bottom in RoIAlign's coordinates.

    Shifted by half a pixel, so that one sample in the middle of every bin falls on a pixel's centre.
    """
    left, top = columns.to(dtype) * size - 0.5, rows.to(dtype) * size - 0.5
    return torch.stack([left, top, left + (size + 2 * padding), top + (size + 2 * padding)], dim=1)


class _Crop(torch.autograd.Function):
    """Crops whole pixels; exported as RoIAlign with one sample per pixel, which then reads them exactly."""

    @staticmethod
    def forward(context: Any, padded: Tensor, boxes: Tensor, size: int, padding: int) -> Tensor:
        side = size + 2 * padding
        windows = padded[0].unfold(1, side, size).unfold(2, side, size)
        columns, rows = (((boxes[:, axis] + 0.5) / size).round().long() for axis in (0, 1))
        return windows[:, rows, columns].transpose(0, 1).contiguous()

    @staticmethod
    def symbolic(graph: Any, padded: Any, boxes: Any, size: int, padding: int) -> Any:
        side = size + 2 * padding
        count = graph.op("Gather", graph.op("Shape", boxes), graph.op("Constant", value_t=torch.tensor([0])), axis_i=0)
        # The batch's index of every box; there is one image.
        batch = graph.op("ConstantOfShape", count, value_t=torch.tensor([0]))
        return graph.op(
            "RoiAlign",
            padded,
            boxes,
            batch,
            mode_s="avg",
            output_height_i=side,
            output_width_i=side,
            sampling_ratio_i=1,
            spatial_scale_f=1.0,
        )


def put_back(image: Tensor, patches: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Write (N, C, 4, 4) patches over their cells of (1, C, H, W), every value addressed by its flat index."""
    channels, height, width = image.shape[1:]
    plane = torch.arange(channels)[:, None, None] * (height * width)
    inside = torch.arange(CELL)[:, None] * width + torch.arange(CELL)
    corner = (rows * width + columns) * CELL
    indices = corner[:, None, None, None] + (plane + inside)
    return image.reshape(-1).scatter(0, indices.reshape(-1), patches.reshape(-1)).reshape(image.shape)
