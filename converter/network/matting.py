"""The whole network: encoder, ASPP, decoder at a fraction of the resolution; refiner at the full one."""

from typing import NamedTuple

from torch import Tensor

from configs.errors import UsageError
from configs.sizes import size_text
from converter.network.base import Backbone, EncoderDecoder
from converter.network.refiner import RefineMode, Refiner
from converter.network.resize import bilinear


class MattingOutput(NamedTuple):
    """What the network returns; the published names.

    Attributes:
        pha: alpha, (B, 1, H, W), 0..1.
        fgr: foreground, (B, 3, H, W), RGB 0..1.
        pha_sm, fgr_sm, err_sm: coarse alpha, foreground and predicted |alpha error|, at the backbone's resolution.
        ref_sm: (B, 1, H/4, W/4), 1 where a 4x4 cell was refined.
    """

    pha: Tensor
    fgr: Tensor
    pha_sm: Tensor
    fgr_sm: Tensor
    err_sm: Tensor
    ref_sm: Tensor


class MattingNetwork(EncoderDecoder):
    """BackgroundMattingV2 (`MattingRefine`; Lin et al., "Real-Time High-Resolution Background Matting").

    Args:
        backbone: the encoder.
        backbone_scale: share of the resolution at which the base network works.
        refine_mode, refine_sample_pixels, refine_threshold: see `Refiner`.
    """

    def __init__(
        self,
        backbone: Backbone = "mobilenetv2",
        backbone_scale: float = 0.25,
        refine_mode: RefineMode = "sampling",
        refine_sample_pixels: int = 80_000,
        refine_threshold: float = 0.1,
    ) -> None:
        super().__init__(backbone)
        self.backbone_scale = backbone_scale
        self.refiner = Refiner(refine_mode, refine_sample_pixels, refine_threshold)

    def forward(self, source: Tensor, background: Tensor, crop: bool = False) -> MattingOutput:
        """Matte `source` before `background`, both (B, 3, H, W), RGB 0..1, H and W divisible by 4.

        With `crop` the refiner computes the chosen cells alone: faster, equal but for rounding, for inference in eager
        mode. Without, its graph is static: what is exported and trained.

        Raises:
            UsageError: shapes that the network cannot take.
        """
        check_input_shapes(tuple(source.shape), tuple(background.shape))
        height, width = source.shape[-2:]
        size = (int(height * self.backbone_scale), int(width * self.backbone_scale))
        source_sm, background_sm = bilinear(source, size), bilinear(background, size)
        coarse = self.coarse(source_sm, background_sm)
        alpha, residual, cells = self.refiner(source, background, *coarse, crop=crop)
        return MattingOutput(
            pha=alpha.clamp(0, 1),
            fgr=(residual + source).clamp(0, 1),
            pha_sm=coarse.alpha,
            fgr_sm=(coarse.residual + source_sm).clamp(0, 1),
            err_sm=coarse.error,
            ref_sm=cells,
        )


def check_input_shapes(source: tuple[int, ...], background: tuple[int, ...]) -> None:
    """Raise `UsageError` unless both are (B, 3, H, W) with H and W divisible by 4 and alike."""
    if len(source) != 4 or source[1] != 3:
        raise UsageError(f"source: expected shape (B, 3, H, W), found {source}")
    if background != source:
        raise UsageError(f"background: expected the source's shape {source}, found {background}")
    if source[2] % 4 or source[3] % 4:
        raise UsageError(f"source: height and width must be divisible by 4, found {size_text(source[2:])}")
