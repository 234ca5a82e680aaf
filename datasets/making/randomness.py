"""Random numbers by name: independent streams from one seed, the same on every machine."""

import zlib

import numpy as np


def named_generator(seed: int, *names: str) -> np.random.Generator:
    """Return the random numbers of a seed for what the names say, independent of every other's.

    Args:
        seed: 0 or more.
        names: such as the purpose and the sample's id.
    """
    return np.random.Generator(np.random.PCG64([seed, *(zlib.crc32(name.encode()) for name in names)]))
