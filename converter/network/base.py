"""The base network: encoder, ASPP and decoder, which matte a whole image at one resolution."""

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from converter.network.aspp import ASPP
from converter.network.decoder import Decoder
from converter.network.mobilenetv2 import MobileNetV2Encoder
from converter.network.resnet import ResNetEncoder

Backbone = Literal["mobilenetv2", "resnet50", "resnet101"]


class CoarseOutput(NamedTuple):
    """The base network's result at the backbone's resolution: alpha and error clamped 0..1, hidden >= 0."""

    alpha: Tensor
    residual: Tensor
    error: Tensor
    hidden: Tensor


class BaseOutput(NamedTuple):
    """What the base network alone returns; the published names.

    Attributes:
        pha: alpha, (B, 1, H, W), 0..1.
        fgr: foreground, (B, 3, H, W), RGB 0..1.
        err: predicted |alpha error|, (B, 1, H, W), 0..1.
        hid: features for a refiner, (B, 32, H, W), >= 0.
    """

    pha: Tensor
    fgr: Tensor
    err: Tensor
    hid: Tensor


class EncoderDecoder(nn.Module):
    """Encoder, ASPP and decoder, under the published names.

    Args:
        backbone: the encoder.
    """

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = _encoder(backbone)
        self.aspp = ASPP(self.backbone.channels[-1])
        self.decoder = Decoder(self.backbone.channels)

    def base(self, source: Tensor, background: Tensor) -> Tensor:
        """Run the base network on images already at its resolution, (B, 3, h, w), RGB 0..1; (B, 37, h, w), raw."""
        *taps, deepest = self.backbone(torch.cat([source, background], dim=1))
        result: Tensor = self.decoder(self.aspp(deepest), tuple(taps))
        return result

    def coarse(self, source: Tensor, background: Tensor) -> CoarseOutput:
        """Return what `base` gives by what it is, in its range."""
        x = self.base(source, background)
        return CoarseOutput(x[:, 0:1].clamp(0, 1), x[:, 1:4], x[:, 4:5].clamp(0, 1), x[:, 5:].relu())


class BaseNetwork(EncoderDecoder):
    """BackgroundMattingV2 without its refiner (`MattingBase`): the matte of a small image, at that image's size."""

    def forward(self, source: Tensor, background: Tensor) -> BaseOutput:
        """Matte `source` before `background`, both (B, 3, H, W), RGB 0..1, of any size."""
        coarse = self.coarse(source, background)
        return BaseOutput(coarse.alpha, (coarse.residual + source).clamp(0, 1), coarse.error, coarse.hidden)


def _encoder(backbone: Backbone) -> MobileNetV2Encoder | ResNetEncoder:
    if backbone == "mobilenetv2":
        return MobileNetV2Encoder()
    return ResNetEncoder((3, 4, 6, 3) if backbone == "resnet50" else (3, 4, 23, 3))
