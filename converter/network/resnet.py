"""ResNet-50/101 encoder (He et al., arXiv 1512.03385) with a 6-channel stem and output stride 16."""

from torch import Tensor, nn


class Bottleneck(nn.Module):
    """1x1, 3x3 (which carries stride and dilation), 1x1, and the shortcut."""

    expansion = 4

    def __init__(self, inputs: int, width: int, stride: int, dilation: int) -> None:
        super().__init__()
        outputs = width * self.expansion
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, dilation, dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Module | None = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, 4 * width, H/stride, W/stride)."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        result: Tensor = self.relu(self.bn3(self.conv3(x)) + shortcut)
        return result


class ResNetEncoder(nn.Module):
    """Encoder whose `forward` returns five taps, from the input itself to stride 16."""

    channels = (6, 64, 256, 512, 2048)

    def __init__(self, blocks: tuple[int, int, int, int]) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(6, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = _layer(64, 64, blocks[0], stride=1, dilation=1)
        self.layer2 = _layer(256, 128, blocks[1], stride=2, dilation=1)
        self.layer3 = _layer(512, 256, blocks[2], stride=2, dilation=1)
        self.layer4 = _layer(1024, 512, blocks[3], stride=1, dilation=2)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """(B, 6, h, w) to taps of 6, 64, 256, 512, 2048 channels at strides 1, 2, 4, 8, 16."""
        stem = self.relu(self.bn1(self.conv1(x)))
        stride4 = self.layer1(self.maxpool(stem))
        stride8 = self.layer2(stride4)
        return x, stem, stride4, stride8, self.layer4(self.layer3(stride8))


def _layer(inputs: int, width: int, count: int, stride: int, dilation: int) -> nn.Sequential:
    # The first block still sees undilated features, as where a stride is replaced by dilation.
    first = Bottleneck(inputs, width, stride, dilation=1)
    outputs = width * Bottleneck.expansion
    return nn.Sequential(first, *(Bottleneck(outputs, width, 1, dilation) for _ in range(count - 1)))
