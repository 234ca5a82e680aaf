"""Compositing: the one place in the toolkit where a foreground is laid over a background."""

import numpy as np
from numpy.typing import NDArray

from configs.errors import DataError


def composite(
    foreground: NDArray[np.uint8], alpha: NDArray[np.uint8], background: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Lay a foreground over a background: `alpha * foreground + (1 - alpha) * background`, rounded to nearest.

    Computed as (a*F + (255-a)*B) / 255 in integers. 255 is odd, so no quotient lies halfway between two integers
    and "to nearest" leaves no tie to break. Equals the foreground where alpha is 255, the background where it is 0.

    Args:
        foreground: (H, W, 3) uint8, straight (not premultiplied) colours.
        alpha: (H, W) uint8, 0 transparent to 255 opaque.
        background: (H, W, 3) uint8, in the foreground's colour order.

    Returns:
        (H, W, 3) uint8, in the same colour order.

    Raises:
        DataError: if the arrays are not uint8 or their shapes do not fit together.
    """
    image_shape = (*alpha.shape, 3)
    for name, array, fits in (
        ("alpha", alpha, alpha.ndim == 2),
        ("foreground", foreground, foreground.shape == image_shape),
        ("background", background, background.shape == image_shape),
    ):
        if array.dtype != np.uint8 or not fits:
            raise DataError(
                f"composite: {name} is {array.dtype} {array.shape}; expected uint8, with alpha (H, W) and both images "
                f"(H, W, 3) of the same height and width (alpha: {alpha.shape}). Resize or convert it first."
            )
    opacity = alpha.astype(np.uint32)[..., np.newaxis]
    total = opacity * foreground + (255 - opacity) * background
    return ((total + 127) // 255).astype(np.uint8)
