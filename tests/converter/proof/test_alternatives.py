import numpy as np
import torch
from torch.nn import functional as F

from converter.network import MattingNetwork
from converter.proof.alternatives import Matted, PathImages

SIZE = (64, 96)


def test_the_networks_own_prediction_is_a_patchwork_of_the_two_states() -> None:
    torch.manual_seed(1)
    network = MattingNetwork(refine_sample_pixels=1600).eval()
    images = np.random.default_rng(1).integers(0, 256, (2, *SIZE, 3), np.uint8)
    tensors = [torch.from_numpy(image.transpose(2, 0, 1)[None].copy()).float() / 255 for image in images]
    with torch.inference_mode():
        own = network(*tensors)
    chosen = F.interpolate(own.ref_sm, scale_factor=4, mode="nearest")[0, 0].numpy() > 0

    matted = Matted.of(network, images[0], images[1])
    states = matted.states(np.ones((SIZE[0] // 4, SIZE[1] // 4), np.bool_))

    assert 0 < chosen.mean() < 1
    assert states.coarse.alpha.shape == SIZE
    assert states.refined.foreground.shape == (*SIZE, 3)
    alpha = np.where(chosen, states.refined.alpha, states.coarse.alpha)
    foreground = np.where(chosen[..., None], states.refined.foreground, states.coarse.foreground)
    assert np.abs(alpha - own.pha[0, 0].numpy()).max() < 1e-6
    assert np.abs(foreground - own.fgr[0].permute(1, 2, 0).numpy()).max() < 1e-6
    assert np.abs(states.refined.alpha - states.coarse.alpha).max() > 1e-3

    prediction = matted.prediction()
    assert np.abs(prediction.alpha - own.pha[0, 0].numpy()).max() < 1e-6
    assert np.abs(prediction.foreground - own.fgr[0].permute(1, 2, 0).numpy()).max() < 1e-6
    assert np.array_equal(matted.coarse_alpha, states.coarse.alpha)
    assert np.array_equal(matted.coarse().foreground, states.coarse.foreground)


def test_cells_that_are_not_asked_for_stay_coarse() -> None:
    torch.manual_seed(1)
    network = MattingNetwork(refine_sample_pixels=1600).eval()
    images = np.random.default_rng(1).integers(0, 256, (2, *SIZE, 3), np.uint8)
    cells = np.zeros((SIZE[0] // 4, SIZE[1] // 4), np.bool_)
    cells[3, 5] = True
    matted = Matted.of(network, images[0], images[1])

    some, every = matted.states(cells), matted.states(np.ones_like(cells))

    asked = cells.repeat(4, axis=0).repeat(4, axis=1)
    assert np.abs(some.refined.alpha - every.refined.alpha)[asked].max() < 1e-6
    assert np.array_equal(some.refined.alpha[~asked], some.coarse.alpha[~asked])


def test_a_path_is_fed_alone() -> None:
    torch.manual_seed(1)
    network = MattingNetwork(refine_sample_pixels=1600).eval()
    source, background = np.random.default_rng(1).integers(0, 256, (2, *SIZE, 3), np.uint8)
    right = PathImages(source, background, source, background, source)
    sound = Matted(network, right).prediction()

    added = Matted(network, right._replace(added_source=source[..., ::-1])).prediction()
    base = Matted(network, right._replace(base_background=source)).prediction()
    refiner = Matted(network, right._replace(refiner_background=source)).prediction()

    assert np.array_equal(added.alpha, sound.alpha)
    assert not np.array_equal(added.foreground, sound.foreground)
    assert not np.array_equal(base.alpha, sound.alpha)
    assert 0 < (refiner.alpha != sound.alpha).mean() < 0.5
