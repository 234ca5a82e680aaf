"""Atrous spatial pyramid pooling (DeepLabV3; Chen et al., arXiv 1706.05587)."""

import torch
from torch import Tensor, nn

DILATIONS = (3, 6, 9)


class ImagePooling(nn.Sequential):
    """The pyramid's global branch: mean over the image, 1x1 convolution, spread back over the image."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(inputs, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, h, w) to (B, outputs, h, w), constant over the image."""
        # Bilinear upsampling of a single pixel is that pixel everywhere.
        pooled = x
        for layer in self:
            pooled = layer(pooled)
        return pooled.expand(-1, -1, *x.shape[-2:])


class ASPP(nn.Module):
    """A 1x1, three dilated 3x3 and a pooled branch of 256 channels each, projected to 256."""

    def __init__(self, inputs: int, outputs: int = 256) -> None:
        super().__init__()
        pointwise = nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())
        dilated = [
            nn.Sequential(
                nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation, bias=False),
                nn.BatchNorm2d(outputs),
                nn.ReLU(),
            )
            for dilation in DILATIONS
        ]
        self.convs = nn.ModuleList([pointwise, *dilated, ImagePooling(inputs, outputs)])
        self.project = nn.Sequential(
            nn.Conv2d(outputs * len(self.convs), outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Dropout(0.1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, h, w) to (B, outputs, h, w)."""
        result: Tensor = self.project(torch.cat([convolve(x) for convolve in self.convs], dim=1))
        return result
