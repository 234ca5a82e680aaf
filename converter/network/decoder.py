"""The decoder: four steps up, each joined with the encoder's tap of that resolution."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from converter.network.resize import bilinear

HIDDEN_CHANNELS = 32
# alpha, foreground residual, error, hidden
OUTPUT_CHANNELS = 1 + 3 + 1 + HIDDEN_CHANNELS


class Decoder(nn.Module):
    """From 256 channels at stride 16 to 37 at stride 1 of the backbone's resolution."""

    def __init__(self, taps: tuple[int, ...], inputs: int = 256) -> None:
        super().__init__()
        finest, second, third, fourth, _ = taps
        self.conv1 = nn.Conv2d(inputs + fourth, 128, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(128)
        self.conv2 = nn.Conv2d(128 + third, 64, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(64)
        self.conv3 = nn.Conv2d(64 + second, 48, 3, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(48)
        self.conv4 = nn.Conv2d(48 + finest, OUTPUT_CHANNELS, 3, padding=1)

    def forward(self, x: Tensor, taps: tuple[Tensor, ...]) -> Tensor:
        """Join (B, 256, h/16, w/16) with the encoder's taps at strides 1, 2, 4, 8 into (B, 37, h, w)."""
        finest, second, third, fourth = taps
        x = F.relu(self.bn1(self.conv1(_join(x, fourth))))
        x = F.relu(self.bn2(self.conv2(_join(x, third))))
        x = F.relu(self.bn3(self.conv3(_join(x, second))))
        result: Tensor = self.conv4(_join(x, finest))
        return result


def _join(x: Tensor, tap: Tensor) -> Tensor:
    height, width = tap.shape[-2:]
    return torch.cat([bilinear(x, (height, width)), tap], dim=1)
