"""Networks with MODNet's interface, their weights drawn at random: a small one, and one of MODNet's size.

The latter is arranged as MODNet is, with 6.5 million parameters: half of a block's channels are normalized over the
batch and half over each image, and the backbone is MobileNetV2, whose deepest features are weighed channel by channel.
`python tests/modnet_network.py FILE HEIGHT WIDTH` writes it, with the repository in PYTHONPATH.
"""

import sys
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional

from converter.architectures.modnet import ARCHITECTURE
from converter.forms.contract import network_contract
from converter.steps.export_onnx import export_program

SIZE = (64, 96)


class _Norm(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.over_batch = nn.BatchNorm2d(channels // 2)
        self.over_image = nn.InstanceNorm2d(channels - channels // 2, affine=False)

    def forward(self, x: Tensor) -> Tensor:
        half = self.over_batch.num_features
        return torch.cat((self.over_batch(x[:, :half]), self.over_image(x[:, half:])), dim=1)


def _block(given: int, made: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(given, made, kernel, stride, kernel // 2)
    return nn.Sequential(convolution, _Norm(made), nn.ReLU())


class _Inverted(nn.Module):
    def __init__(self, given: int, made: int, stride: int, expand: int) -> None:
        super().__init__()
        wide = given * expand
        widen = [nn.Conv2d(given, wide, 1, bias=False), nn.BatchNorm2d(wide), nn.ReLU6()] if expand > 1 else []
        deep = nn.Conv2d(wide, wide, 3, stride, 1, groups=wide, bias=False)
        narrow = nn.Conv2d(wide, made, 1, bias=False)
        self.layers = nn.Sequential(*widen, deep, nn.BatchNorm2d(wide), nn.ReLU6(), narrow, nn.BatchNorm2d(made))
        self.adds = stride == 1 and given == made

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x) if self.adds else self.layers(x)


class _Weighed(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = channels // 4
        self.weigh = nn.Sequential(
            nn.Linear(channels, inner, bias=False), nn.ReLU(), nn.Linear(inner, channels, bias=False), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weigh(x.mean(dim=(2, 3)))[..., None, None]


class ModnetLike(nn.Module):
    """MODNet's branches: low resolution for the meaning, high for the detail, and what fuses them."""

    def __init__(self) -> None:
        super().__init__()
        stem, high, taken = 32, 32, (16, 24, 32, 96, 1280)
        self.stem = nn.Sequential(nn.Conv2d(3, stem, 3, 2, 1, bias=False), nn.BatchNorm2d(stem), nn.ReLU6())
        given, stages = stem, []
        for parts in (
            [(16, 1, 1, 1)],
            [(24, 2, 2, 6)],
            [(32, 3, 2, 6)],
            [(64, 4, 2, 6), (96, 3, 1, 6)],
            [(160, 3, 2, 6), (320, 1, 1, 6)],
        ):
            layers: list[nn.Module] = []
            for made, count, stride, expand in parts:
                for number in range(count):
                    layers.append(_Inverted(given, made, stride if number == 0 else 1, expand))
                    given = made
            stages.append(nn.Sequential(*layers))
        deepest = nn.Sequential(nn.Conv2d(given, taken[4], 1, bias=False), nn.BatchNorm2d(taken[4]), nn.ReLU6())
        self.stages = nn.ModuleList([*stages, deepest])
        self.weighed = _Weighed(taken[4])
        self.low16, self.low8 = _block(taken[4], taken[3], 5), _block(taken[3], taken[2], 5)
        self.low4 = _block(taken[2], high, 5)
        self.to_high2, self.enter2 = _block(taken[0], high, 1), _block(high + 3, high, 3, 2)
        self.to_high4, self.enter4 = _block(taken[1], high, 1), _block(2 * high, 2 * high)
        self.high4 = nn.Sequential(
            _block(2 * high + high + 3, 2 * high), _block(2 * high, 2 * high), _block(2 * high, high)
        )
        self.high2 = nn.Sequential(
            _block(2 * high, 2 * high), _block(2 * high, high), _block(high, high), _block(high, high)
        )
        self.fused2 = _block(2 * high, high)
        self.fused = nn.Sequential(_block(high + 3, 16), nn.Conv2d(16, 1, 1))

    def forward(self, image: Tensor) -> Tensor:
        half, quarter = _resized(image, 0.5), _resized(image, 0.25)
        features, x = [], self.stem(image)
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        low8 = self.low8(_resized(self.low16(_resized(self.weighed(x), 2)), 2))
        low4 = self.low4(_resized(low8, 2))
        high = self.enter2(torch.cat((half, self.to_high2(features[0])), dim=1))
        high = self.enter4(torch.cat((high, self.to_high4(features[1])), dim=1))
        high = _resized(self.high4(torch.cat((high, low4, quarter), dim=1)), 2)
        high = self.high2(torch.cat((high, self.to_high2(features[0])), dim=1))
        fused = self.fused2(torch.cat((_resized(low4, 2), high), dim=1))
        matte: Tensor = self.fused(torch.cat((_resized(fused, 2), image), dim=1)).mul(2).sigmoid()
        return matte


def _resized(x: Tensor, factor: float) -> Tensor:
    return functional.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


class SmallModnet(nn.Module):
    """Three convolutions that see the image at two sizes."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.middle = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(11, 8, 3, 1, 1)
        self.last = nn.Conv2d(11, 1, 3, 1, 1)

    def forward(self, image: Tensor) -> Tensor:
        half = torch.cat((self.first(image).relu(), _resized(image, 0.5)), dim=1)
        whole = torch.cat((_resized(self.middle(half).relu(), 2), image), dim=1)
        # Far from flat, so that every error shows.
        matte: Tensor = self.last(whole).mul(20).sigmoid()
        return matte


def small_modnet() -> SmallModnet:
    """Return the small network, the same every time."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return SmallModnet().eval()


def modnet_like() -> ModnetLike:
    """Return the network of MODNet's size, the same every time."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = ModnetLike().train()
        with torch.inference_mode():  # gives BatchNorm statistics that fit
            for _ in range(3):
                network(torch.rand(2, 3, 128, 160).mul(2).sub(1))
    return network.eval()


def write_modnet(network: nn.Module, path: Path, size: tuple[int, int] = SIZE) -> Path:
    """Write a network as an ONNX for images of `size`."""
    model = export_program(network, network_contract(ARCHITECTURE, size, "0" * 64), 18).model_proto
    onnx.save(model, path)
    return path


if __name__ == "__main__":
    write_modnet(modnet_like(), Path(sys.argv[1]), (int(sys.argv[2]), int(sys.argv[3])))
