"""The whole network, arranged for speed: base, decoder and refiner of the fast graph put together."""

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from configs.errors import UsageError
from configs.sizes import size_text
from converter.fast.batchnorm import fold_batchnorms
from converter.fast.cells import choose_cells, map_of
from converter.fast.refiner import FastRefiner
from converter.fast.tiles import CELL
from converter.network import MattingNetwork, MattingOutput
from converter.network.matting import check_input_shapes
from converter.network.resize import bilinear

SMALLEST = 8


class FastNetwork(nn.Module):
    """BackgroundMattingV2 for batch 1 and one size of images, value for value `MattingNetwork`.

    The resize before the encoder, encoder, ASPP and decoder are the plain network's, and their BatchNorms are left to
    the exporter to fold: so run by PyTorch the two forms predict the same error, to the last bit, and choose the same
    cells. The refiner is `FastRefiner`.

    Args:
        network: the plain network, left as it is.
        size: height and width of the images.

    Raises:
        UsageError: there is no fast form of this network for this size.
    """

    def __init__(self, network: MattingNetwork, size: tuple[int, int]) -> None:
        super().__init__()
        _check(network, size)
        plain = copy.deepcopy(network).eval()
        fold_batchnorms(plain.refiner)
        height, width = size[0] // CELL, size[1] // CELL
        self.backbone, self.aspp, self.decoder = plain.backbone, plain.aspp, plain.decoder
        self.refiner = FastRefiner(plain.refiner, (height, width))
        self.count = plain.refiner.sample_pixels // CELL**2
        # Of the decoder's [alpha, residual, error, hidden]: alpha and error 0..1, hidden >= 0.
        low, high = torch.zeros(37), torch.full((37,), torch.inf)
        low[1:4] = -torch.inf
        high[0] = high[4] = 1
        self.register_buffer("low", low[:, None, None], persistent=False)
        self.register_buffer("high", high[:, None, None], persistent=False)
        # Slicing channels lays all of them out anew, which a convolution with weights of 0 and 1 does not.
        self.first_channels = nn.Parameter(torch.eye(5, 37)[:, :, None, None])
        self.register_buffer("row_of_cell", torch.arange(height * width) // width, persistent=False)
        self.low: Tensor
        self.high: Tensor
        self.row_of_cell: Tensor

    @property
    def fixed_weights(self) -> tuple[str, ...]:
        """Names of the parameters that convolutions only resize and rearrange by: nothing in them is learnt."""
        return ("first_channels", *(f"refiner.{name}" for name in self.refiner.FIXED_WEIGHTS))

    def forward(self, source: Tensor, background: Tensor) -> MattingOutput:
        """Matte `source` before `background`, both (1, 3, H, W), RGB 0..1, of the size this form is made for.

        Raises:
            UsageError: shapes that it cannot take.
        """
        check_input_shapes(tuple(source.shape), tuple(background.shape))
        expected = (1, 3, CELL * self.refiner.height, CELL * self.refiner.width)
        if source.shape != expected:
            raise UsageError(f"source: this fast form is for shape {expected}, found {tuple(source.shape)}")
        images = source, background
        size = (self.refiner.height, self.refiner.width)
        small = torch.cat([bilinear(image, size) for image in images], dim=1)
        *taps, deepest = self.backbone(small)
        coarse = self.decoder(self.aspp(deepest), tuple(taps)).maximum(self.low).minimum(self.high)
        first = F.conv2d(coarse, self.first_channels)
        error = first[:, 4:]
        chosen = choose_cells(error[0, 0], self.count, self.row_of_cell)
        alpha, foreground = self.refiner(images, coarse, first[0, :4], chosen)
        return MattingOutput(
            pha=alpha,
            fgr=foreground,
            pha_sm=coarse[:, :1],
            fgr_sm=(coarse[:, 1:4] + small[:, :3]).clamp(0, 1),
            err_sm=error,
            ref_sm=map_of(chosen, size),
        )


def fast_network(network: MattingNetwork, size: tuple[int, int]) -> FastNetwork:
    """Return the fast form of `network` for images of `size` (height, width), ready for inference.

    Raises:
        UsageError: there is none.
    """
    return FastNetwork(network, size).eval()


def _check(network: MattingNetwork, size: tuple[int, int]) -> None:
    advice = "use `--graph reference` (convert.graph: reference)"
    if network.backbone_scale != 1 / CELL:
        raise UsageError(
            f"model.backbone_scale is {network.backbone_scale}, the fast graph is for {1 / CELL}; {advice}"
        )
    if network.refiner.mode != "sampling":
        raise UsageError(
            f"model.refine_mode is {network.refiner.mode}, the fast graph is for sampling, whose number of cells is "
            f"fixed; {advice}"
        )
    if any(side % CELL or side < SMALLEST for side in size):
        raise UsageError(
            f"convert.size is {size_text(size)}, the fast graph is for sides of at least {SMALLEST} that are "
            f"divisible by {CELL}"
        )
    cells, pixels = network.refiner.sample_pixels // CELL**2, size[0] * size[1]
    if not cells or cells > pixels // CELL**2:
        raise UsageError(
            f"refine_sample_pixels is {network.refiner.sample_pixels}, but the image has {pixels} pixels "
            f"({size_text(size)}) and a cell {CELL**2}; change model.refine_sample_pixels"
        )
