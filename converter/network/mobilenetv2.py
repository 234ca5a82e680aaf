"""MobileNetV2 encoder (Sandler et al., arXiv 1801.04381) with a 6-channel stem and output stride 16."""

from torch import Tensor, nn

# (expansion, channels, blocks, first stride, dilation of the blocks after the first)
# The stage of 160 channels keeps stride 1 and dilates what follows, so that the output stride is 16.
STAGES = (
    (1, 16, 1, 1, 1),
    (6, 24, 2, 2, 1),
    (6, 32, 3, 2, 1),
    (6, 64, 4, 2, 1),
    (6, 96, 3, 1, 1),
    (6, 160, 3, 1, 2),
    (6, 320, 1, 1, 2),
)
DILATED_STAGE = 5


def _conv_bn_relu6(
    inputs: int, outputs: int, kernel: int, stride: int = 1, dilation: int = 1, groups: int = 1
) -> nn.Sequential:
    padding = (kernel - 1) // 2 * dilation
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU6(inplace=True),
    )


class InvertedResidual(nn.Module):
    """Expand 1x1, depthwise 3x3, project 1x1; with a shortcut where shapes allow."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int, dilation: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        expand = [_conv_bn_relu6(inputs, hidden, 1)] if expansion != 1 else []
        self.conv = nn.Sequential(
            *expand,
            _conv_bn_relu6(hidden, hidden, 3, stride, dilation, groups=hidden),
            nn.Conv2d(hidden, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.has_shortcut = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H/stride, W/stride)."""
        y: Tensor = self.conv(x)
        return x + y if self.has_shortcut else y


class MobileNetV2Encoder(nn.Module):
    """Encoder whose `forward` returns five taps, from the input itself to stride 16."""

    channels = (6, 16, 24, 32, 320)
    tapped_features = (1, 3, 6)

    def __init__(self) -> None:
        super().__init__()
        blocks: list[nn.Module] = [_conv_bn_relu6(6, 32, 3, stride=2)]
        inputs = 32
        for stage, (expansion, outputs, count, stride, dilation) in enumerate(STAGES):
            for block in range(count):
                first = block == 0
                # The first block of the dilated stage still sees undilated features.
                undilated = first and stage == DILATED_STAGE
                blocks.append(
                    InvertedResidual(
                        inputs, outputs, stride if first else 1, expansion, dilation=1 if undilated else dilation
                    )
                )
                inputs = outputs
        self.features = nn.Sequential(*blocks)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """(B, 6, h, w) to taps of 6, 16, 24, 32, 320 channels at strides 1, 2, 4, 8, 16."""
        taps = [x]
        for index, block in enumerate(self.features):
            x = block(x)
            if index in self.tapped_features:
                taps.append(x)
        return (*taps, x)
