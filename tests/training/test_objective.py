"""The losses, on answers whose loss is known."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from training import objective
from training.objective import base_loss, whole_loss

SIDE = 8


class _FixedBase(nn.Module):
    """Stands for the network: answers with tensors given beforehand and records what it was asked."""

    backbone_scale = 0.25

    def __init__(self, raw: Tensor, refined: Tensor | None = None) -> None:
        super().__init__()
        self.raw, self.refined = raw, refined
        self.asked: list[Tensor] = []
        self.refiner: Any = SimpleNamespace(refine_everywhere=self._refine)

    def base(self, source: Tensor, background: Tensor) -> Tensor:
        self.asked += [source, background]
        return self.raw

    def _refine(self, source: Tensor, background: Tensor, coarse: Tensor) -> Tensor:
        assert coarse.shape[1] == 36
        assert self.refined is not None
        return self.refined


def _truth(side: int = SIDE) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return source, background, alpha and foreground: an opaque grey left half before black."""
    alpha = torch.zeros(1, 1, side, side)
    alpha[..., : side // 2] = 1
    foreground = torch.full((1, 3, side, side), 0.5)
    background = torch.zeros(1, 3, side, side)
    return alpha * foreground, background, alpha, foreground


def _raw(source: Tensor, alpha: Tensor, foreground: Tensor, error: Tensor | float = 0.0) -> Tensor:
    """Return the base network's 37 channels that stand for this answer."""
    error = torch.zeros_like(alpha) + error
    hidden = torch.zeros(*alpha.shape[:1], 32, *alpha.shape[2:])
    return torch.cat([alpha, foreground - source, error, hidden], dim=1)


def test_the_perfect_answer_has_no_loss() -> None:
    source, background, alpha, foreground = _truth()
    network: Any = _FixedBase(_raw(source, alpha, foreground))
    assert base_loss(network, source, background, alpha, foreground).item() == pytest.approx(0, abs=1e-6)
    assert network.asked[0] is source
    assert network.asked[1] is background


def test_the_whole_network_s_perfect_answer_has_no_loss_either() -> None:
    source, background, alpha, foreground = (plane.mean() + torch.zeros_like(plane) for plane in _truth(16))
    source_sm, alpha_sm, foreground_sm = (plane[..., :4, :4] for plane in (source, alpha, foreground))
    refined = torch.cat([alpha, foreground - source], dim=1)
    network: Any = _FixedBase(_raw(source_sm, alpha_sm, foreground_sm), refined)
    assert whole_loss(network, source, background, alpha, foreground).item() == pytest.approx(0, abs=1e-6)
    assert network.asked[0].shape == (1, 3, 4, 4)
    network.refined = refined + 0.1
    assert whole_loss(network, source, background, alpha, foreground).item() > 0.1


def test_a_wrong_alpha_costs_its_mean_difference_and_its_wrong_edges() -> None:
    plain = torch.full((1, 1, SIDE, SIDE), 0.5)
    assert objective._alpha_loss(plain, plain).item() == 0
    offset = objective._alpha_loss(plain - 0.3, plain).item()
    assert offset >= 0.3
    edge = plain.clone()  # as far from the truth at every pixel, with an edge that is not there
    edge[..., : SIDE // 2] = 0.2
    edge[..., SIDE // 2 :] = 0.8
    assert objective._alpha_loss(edge, plain).item() > offset


def test_sobel_of_a_ramp_is_its_slope() -> None:
    ramp = torch.arange(SIDE, dtype=torch.float32).expand(1, 1, SIDE, SIDE) * 0.1
    gradient = objective._sobel(ramp)
    assert gradient.shape == (1, 2, SIDE, SIDE)
    torch.testing.assert_close(gradient[0, 0, 1:-1, 1:-1], torch.full((SIDE - 2, SIDE - 2), 0.1))
    torch.testing.assert_close(gradient[0, 1, 1:-1, 1:-1], torch.zeros(SIDE - 2, SIDE - 2))
    across = objective._sobel(ramp.transpose(2, 3))
    torch.testing.assert_close(across[0, 1, 1:-1, 1:-1], torch.full((SIDE - 2, SIDE - 2), 0.1))


def test_the_foreground_counts_only_where_it_can_be_seen() -> None:
    _, _, alpha, foreground = _truth()
    elsewhere = torch.where(alpha > 0, foreground, torch.rand_like(foreground))
    assert objective._foreground_loss(elsewhere, foreground, alpha).item() == 0
    everywhere = objective._foreground_loss(foreground + 0.25, foreground, alpha)
    assert everywhere.item() == pytest.approx(0.25, rel=0.02)  # the 1 in the divisor takes a little
    faint = torch.where(alpha > 0, 1 / 255, 0.0)
    assert objective._foreground_loss(foreground + 0.25, foreground, faint).item() == everywhere.item()


def test_a_frame_without_anybody_has_a_finite_foreground_loss() -> None:
    _, _, alpha, foreground = _truth()
    assert objective._foreground_loss(foreground + 1, foreground, torch.zeros_like(alpha)).item() == 0


def test_the_error_map_learns_the_difference_of_alpha_and_does_not_teach_it() -> None:
    source, background, alpha, foreground = _truth()
    wrong = (alpha * 0.5).requires_grad_()
    right_error: Any = _FixedBase(_raw(source, wrong, foreground, (alpha * 0.5).detach()))
    no_error: Any = _FixedBase(_raw(source, wrong, foreground))
    known = base_loss(right_error, source, background, alpha, foreground)
    unknown = base_loss(no_error, source, background, alpha, foreground)
    assert (unknown - known).item() == pytest.approx(0.5**2 / 2, abs=1e-6)  # half of the image is wrong by a half
    [with_error] = torch.autograd.grad(known, wrong)
    [without] = torch.autograd.grad(unknown, wrong)
    torch.testing.assert_close(with_error, without)


def test_a_saturated_value_is_clamped_but_still_pulled_back() -> None:
    values = torch.tensor([-3.0, 0.25, 4.0], requires_grad=True)
    clamped = objective._clamped(values)
    torch.testing.assert_close(clamped.detach(), torch.tensor([0.0, 0.25, 1.0]))
    clamped.sum().backward()  # type: ignore[no-untyped-call]
    torch.testing.assert_close(values.grad, torch.ones(3))
