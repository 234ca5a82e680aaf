"""A small recurrent network with the interface of RobustVideoMatting's published ONNX: free sides, states, a ratio.

It looks at the frame made smaller by the ratio, on four scales, each with a gated state; states start as 1x1x1x1 zeros.
"""

import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

CHANNELS = (3, 4, 6, 8)
INPUTS = ("src", "r1i", "r2i", "r3i", "r4i", "downsample_ratio")
OUTPUTS = ("fgr", "pha", "r1o", "r2o", "r3o", "r4o")
RATIO = 0.5


class _Resize(torch.autograd.Function):
    """Resizing by a factor that is a tensor, which an ONNX can take as an input."""

    @staticmethod
    def forward(_: Any, image: Tensor, ratio: Tensor) -> Tensor:
        return functional.interpolate(image, scale_factor=ratio.item(), mode="bilinear", recompute_scale_factor=False)

    @staticmethod
    def symbolic(graph: Any, image: Any, ratio: Any) -> Any:
        ones = graph.op("Constant", value_t=torch.ones(2))
        roi = graph.op("Constant", value_t=torch.tensor([], dtype=torch.float32))
        scales = graph.op("Concat", ones, ratio, ratio, axis_i=0)
        how = {"coordinate_transformation_mode_s": "half_pixel", "mode_s": "linear"}
        return graph.op("Resize", image, roi, scales, **how)


class _Gated(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gate = nn.Conv2d(2 * channels, channels, 3, padding=1)
        self.candidate = nn.Conv2d(2 * channels, channels, 3, padding=1)

    def forward(self, features: Tensor, state: Tensor) -> Tensor:
        before = state.expand_as(features)
        joined = torch.cat([features, before], dim=1)
        gate = self.gate(joined).sigmoid()
        return gate * before + (1 - gate) * self.candidate(joined).tanh()


class SmallRecurrent(nn.Module):
    """The network, its weights drawn with a fixed seed."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        channels = (3, *CHANNELS)
        pairs = list(pairwise(channels))
        self.down = nn.ModuleList(nn.Conv2d(one, two, 3, stride=2, padding=1) for one, two in pairs)
        self.gated = nn.ModuleList(_Gated(two) for _, two in pairs)
        self.up = nn.ModuleList(nn.Conv2d(two, one, 3, padding=1) for one, two in pairs)
        self.last = nn.Conv2d(3, 4, 3, padding=1)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.mul_(2.0)

    def forward(self, src: Tensor, *others: Tensor) -> tuple[Tensor, ...]:
        *states, ratio = others
        features = _Resize.apply(src, ratio)
        found, carried = [], []
        for down in self.down:
            features = down(features).relu()
            found.append(features)
        inner: Tensor | None = None
        for index in (3, 2, 1, 0):
            own = found[index]
            if inner is not None:
                own = own + functional.interpolate(inner, size=own.shape[2:], mode="bilinear")
            state = self.gated[index](own, states[index])
            carried.insert(0, state)
            inner = self.up[index](own + state)
        result = self.last(functional.interpolate(inner, size=src.shape[2:], mode="bilinear"))
        return (src + 0.1 * result[:, 1:]).clamp(0, 1), (4 * result[:, :1]).sigmoid(), *carried


def write_small_rvm(path: Path) -> Path:
    """Write the network as its published ONNX is: batch, channels of states, height and width free."""
    sides = {0: "batch_size", 2: "height", 3: "width"}
    axes = {name: sides if name in ("src", *OUTPUTS) else {**sides, 1: "channels"} for name in (*INPUTS[:-1], *OUTPUTS)}
    example = (torch.rand(1, 3, 64, 96), *(torch.zeros(1, 1, 1, 1) for _ in range(4)), torch.tensor([RATIO]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter that gives such an ONNX is the older one
        torch.onnx.export(
            SmallRecurrent().eval(),
            example,
            str(path),
            dynamo=False,
            opset_version=12,
            input_names=INPUTS,
            output_names=OUTPUTS,
            dynamic_axes=axes,
        )
    return path


def small_rvm_answers(frames: list[NDArray[np.uint8]], ratio: float = RATIO) -> list[NDArray[np.float32]]:
    """Return the mattes (H, W) of a clip's frames, (H, W, 3) uint8 RGB, as PyTorch gives them, from the first on."""
    network = SmallRecurrent().eval()
    states = [torch.zeros(1, 1, 1, 1)] * 4
    mattes = []
    with torch.inference_mode():
        for frame in frames:
            src = torch.from_numpy(frame.transpose(2, 0, 1)[None].astype(np.float32) / 255)
            _, pha, *states = network(src, *states, torch.tensor([ratio]))
            mattes.append(pha[0, 0].numpy())
    return mattes
