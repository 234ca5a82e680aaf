import numpy as np
import torch
from torch.nn import functional as F

from converter.network import MattingNetwork
from converter.proof.alternatives import alternatives

SIZE = (64, 96)


def test_the_networks_own_prediction_is_a_patchwork_of_the_two_states() -> None:
    torch.manual_seed(1)
    network = MattingNetwork(refine_sample_pixels=1600).eval()
    images = np.random.default_rng(1).integers(0, 256, (2, *SIZE, 3), np.uint8)
    tensors = [torch.from_numpy(image.transpose(2, 0, 1)[None].copy()).float() / 255 for image in images]
    with torch.inference_mode():
        own = network(*tensors)
    chosen = F.interpolate(own.ref_sm, scale_factor=4, mode="nearest")[0, 0].numpy() > 0

    states = alternatives(network, images[0], images[1])

    assert 0 < chosen.mean() < 1
    assert states.coarse.alpha.shape == SIZE
    assert states.refined.foreground.shape == (*SIZE, 3)
    alpha = np.where(chosen, states.refined.alpha, states.coarse.alpha)
    foreground = np.where(chosen[..., None], states.refined.foreground, states.coarse.foreground)
    assert np.abs(alpha - own.pha[0, 0].numpy()).max() < 1e-6
    assert np.abs(foreground - own.fgr[0].permute(1, 2, 0).numpy()).max() < 1e-6
    assert np.abs(states.refined.alpha - states.coarse.alpha).max() > 1e-3
