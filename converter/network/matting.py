"""The whole network: encoder, ASPP, decoder at a fraction of the resolution; refiner at the full one."""

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from configs.errors import UsageError
from configs.sizes import size_text
from converter.network.aspp import ASPP
from converter.network.decoder import Decoder
from converter.network.mobilenetv2 import MobileNetV2Encoder
from converter.network.refiner import RefineMode, Refiner
from converter.network.resize import bilinear
from converter.network.resnet import ResNetEncoder

Backbone = Literal["mobilenetv2", "resnet50", "resnet101"]


class CoarseOutput(NamedTuple):
    """The base network's result at the backbone's resolution: alpha and error clamped 0..1, hidden >= 0."""

    alpha: Tensor
    residual: Tensor
    error: Tensor
    hidden: Tensor


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


class MattingNetwork(nn.Module):
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
        super().__init__()
        self.backbone_scale = backbone_scale
        self.backbone = _encoder(backbone)
        self.aspp = ASPP(self.backbone.channels[-1])
        self.decoder = Decoder(self.backbone.channels)
        self.refiner = Refiner(refine_mode, refine_sample_pixels, refine_threshold)

    def base(self, source: Tensor, background: Tensor) -> Tensor:
        """Run the base network on images already at its resolution, (B, 3, h, w), RGB 0..1; (B, 37, h, w), raw."""
        *taps, deepest = self.backbone(torch.cat([source, background], dim=1))
        result: Tensor = self.decoder(self.aspp(deepest), tuple(taps))
        return result

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
        x = self.base(source_sm, background_sm)
        coarse = CoarseOutput(x[:, 0:1].clamp(0, 1), x[:, 1:4], x[:, 4:5].clamp(0, 1), x[:, 5:].relu())
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


def _encoder(backbone: Backbone) -> MobileNetV2Encoder | ResNetEncoder:
    if backbone == "mobilenetv2":
        return MobileNetV2Encoder()
    return ResNetEncoder((3, 4, 6, 3) if backbone == "resnet50" else (3, 4, 23, 3))
