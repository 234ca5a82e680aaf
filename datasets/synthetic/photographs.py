"""The photographs that scikit-image and scikit-learn install, with their licences; nothing is ever downloaded."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError
from datasets.samples.images import read_rgb


@dataclass(frozen=True, slots=True)
class Photograph:
    """One installed photograph.

    Attributes:
        name: what backgrounds and manifests call it.
        package: the import name of the package that installs it.
        file: its path inside that package.
        licence: under what terms it may be used.
        credit: who made it, and where it comes from.
        texture: whether it is a grey surface (to be tinted) rather than a scene.
    """

    name: str
    package: str
    file: str
    licence: str
    credit: str
    texture: bool = False


_ALL = (
    Photograph(
        "astronaut",
        "skimage",
        "data/astronaut.png",
        "public domain",
        "NASA, portrait of Eileen Collins, https://flic.kr/p/r9qvLn",
    ),
    Photograph("coffee", "skimage", "data/coffee.png", "CC0 1.0", "Rachel Michetti, courtesy of Pikolo Espresso Bar"),
    Photograph(
        "rocket",
        "skimage",
        "data/rocket.jpg",
        "public domain",
        "SpaceX, launch of DSCOVR, https://www.flickr.com/photos/spacexphotos/16511594820/",
    ),
    Photograph("chelsea", "skimage", "data/chelsea.png", "CC0 1.0", "Stefan van der Walt"),
    Photograph(
        "hubble",
        "skimage",
        "data/hubble_deep_field.jpg",
        "public domain",
        "NASA/ESA, Hubble eXtreme Deep Field, http://hubblesite.org/newscenter/archive/releases/2012/37/image/a/",
    ),
    Photograph(
        "brick",
        "skimage",
        "data/brick.png",
        "CC0 1.0",
        "CC0Textures, https://cc0textures.com/view.php?tex=Bricks25",
        True,
    ),
    Photograph(
        "grass",
        "skimage",
        "data/grass.png",
        "CC0 1.0",
        "linolafett, https://www.deviantart.com/linolafett/art/Grass-01-434853879",
        True,
    ),
    Photograph(
        "gravel",
        "skimage",
        "data/gravel.png",
        "CC0 1.0",
        "CC0Textures, https://cc0textures.com/view.php?tex=Gravel04",
        True,
    ),
    Photograph(
        "china",
        "sklearn",
        "datasets/images/china.jpg",
        "CC BY 2.0",
        "danielbuechele, https://www.flickr.com/photos/danielbuechele/6061409035/",
    ),
    Photograph(
        "flower",
        "sklearn",
        "datasets/images/flower.jpg",
        "CC BY 2.0",
        "vultilion, https://www.flickr.com/photos/vultilion/6056698931/",
    ),
)

PHOTOGRAPHS: Mapping[str, Photograph] = MappingProxyType({photograph.name: photograph for photograph in _ALL})


@lru_cache(maxsize=len(_ALL))
def load_photograph(name: str) -> NDArray[np.uint8]:
    """Decode an installed photograph.

    Args:
        name: a key of `PHOTOGRAPHS`.

    Returns:
        (H, W, 3) uint8 RGB, read-only because it is cached.

    Raises:
        DataError: if the package or the file is not there.
    """
    photograph = PHOTOGRAPHS[name]
    spec = find_spec(photograph.package)
    locations = list(spec.submodule_search_locations or ()) if spec else []
    path = Path(locations[0]) / photograph.file if locations else None
    if path is None or not path.is_file():
        raise DataError(
            f"photograph {name!r}: {photograph.file} of the package {photograph.package!r} is not installed; the "
            f"synthetic set is made from it. Install the pinned dependencies again (pip install -e .)."
        )
    pixels = read_rgb(path)
    pixels.setflags(write=False)
    return pixels
