"""Foreground colours where a set has none: estimated from picture and alpha by PyMatting's multi-level method.

T. Germer, T. Uelwer, S. Conrad, S. Harmeling: Fast Multi-Level Foreground Estimation, ICPR 2020. Floating point: the
same machine gives the same bytes, whatever the number of threads and processes; another CPU or version need not.
"""

import os
from importlib import metadata

import numpy as np
from numpy.typing import NDArray

from configs.errors import UsageError


def require_estimator() -> dict[str, str]:
    """Load the estimator, which compiles itself at the very first time, and return its packages' versions.

    Raises:
        UsageError: it is not installed, or does not load.
    """
    # The method itself runs in one thread; more only get in the way of other processes. Read when numba is imported.
    os.environ.setdefault("NUMBA_NUM_THREADS", "1")
    try:
        import pymatting  # noqa: F401
    except ImportError as error:
        raise UsageError(
            f"the set has no foreground colours, and estimating them needs PyMatting ({error}); "
            "install it with `make install-import`, or `pip install -c constraints.txt -e '.[import]'`"
        ) from error
    return {name: metadata.version(name) for name in ("pymatting", "numba")}


def estimate_foreground(picture: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Estimate the foreground's colours; exact where alpha is 255, black where it is 0.

    Args:
        picture: (H, W, 3) uint8, the photograph; longer side above 1.
        alpha: (H, W) uint8.

    Returns:
        (H, W, 3) uint8, straight colours, in the picture's colour order.
    """
    require_estimator()
    from pymatting import estimate_foreground_ml

    colours = estimate_foreground_ml(picture.astype(np.float32) / 255, alpha.astype(np.float32) / 255)
    foreground: NDArray[np.uint8] = np.floor(np.clip(colours, 0, 1) * 255 + 0.5).astype(np.uint8)
    foreground[alpha == 255] = picture[alpha == 255]
    foreground[alpha == 0] = 0
    return foreground
