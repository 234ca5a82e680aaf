"""The photographs come from the installed packages, with a licence each, and nothing is fetched."""

import socket

import numpy as np
import pytest

from configs.errors import DataError
from datasets.synthetic import photographs
from datasets.synthetic.photographs import PHOTOGRAPHS, Photograph, load_photograph


@pytest.mark.parametrize("name", sorted(PHOTOGRAPHS))
def test_each_photograph_decodes_without_a_network(name, monkeypatch):
    def refuse(*_arguments, **_options):
        raise AssertionError("a photograph was fetched")

    monkeypatch.setattr(socket, "socket", refuse)
    load_photograph.cache_clear()
    pixels = load_photograph(name)

    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3 and pixels.shape[2] == 3
    assert min(pixels.shape[:2]) >= 300
    assert not pixels.flags.writeable
    assert PHOTOGRAPHS[name].texture == bool((pixels[..., 0] == pixels[..., 2]).all())


def test_every_photograph_states_licence_and_credit():
    for name, photograph in PHOTOGRAPHS.items():
        assert photograph.name == name
        assert photograph.licence in ("public domain", "CC0 1.0", "CC BY 2.0")
        assert photograph.credit


@pytest.mark.parametrize("package", ["skimage", "a_package_that_is_not_there"])
def test_a_missing_photograph_is_named(package, monkeypatch):
    missing = Photograph("nowhere", package, "data/nowhere.png", "CC0 1.0", "nobody")
    monkeypatch.setattr(photographs, "PHOTOGRAPHS", {"nowhere": missing})

    with pytest.raises(DataError, match=r"nowhere.*data/nowhere\.png.*not installed"):
        load_photograph("nowhere")
