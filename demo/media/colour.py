"""From a video's YUV to RGB and back, by the matrix that players use too.

A file that does not tell its matrix is taken for BT.709 from 720 lines on, and for BT.601 below.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import av

BT709, BT601 = 1, 5
"""As H.273 numbers the matrices (its table 4)."""
_UNSPECIFIED = 2
_HD_LINES = 720
_HDR_TRANSFERS = {16: "PQ", 18: "HLG"}


def matrix_for(height: int) -> int:
    """Return the matrix that is meant, or written, for frames of this height."""
    return BT709 if height >= _HD_LINES else BT601


def rgb_of(frame: "av.VideoFrame") -> NDArray[np.uint8]:
    """Return a decoded frame as (H, W, 3) uint8 RGB, as it is stored: not turned upright."""
    matrix = matrix_for(frame.height) if frame.colorspace == _UNSPECIFIED else frame.colorspace
    return np.asarray(frame.reformat(format="rgb24", src_colorspace=_swscale(matrix)).to_ndarray(), np.uint8)


def frame_of(image: NDArray[np.uint8], pixel_format: str) -> "av.VideoFrame":
    """Return (H, W, 3) RGB or (H, W, 4) RGBA uint8 as a frame to encode, in limited range."""
    import av

    given = "rgba" if image.shape[2] == 4 else "rgb24"
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), given)
    if pixel_format in ("bgra", "rgba", "rgb24"):
        return frame.reformat(format=pixel_format)
    matrix = _swscale(matrix_for(image.shape[0]))
    return frame.reformat(format=pixel_format, dst_colorspace=matrix, dst_color_range="MPEG")


def tag(context: "av.VideoCodecContext", height: int) -> None:
    """Write into a stream which matrix, primaries, transfer and range its values are in."""
    matrix = matrix_for(height)
    context.colorspace = matrix
    context.color_primaries = context.color_trc = BT709 if matrix == BT709 else 6  # SMPTE 170M
    context.color_range = 1  # limited


def hdr_transfer(context: "av.VideoCodecContext") -> str | None:
    """Return the name of a stream's transfer function where that is an HDR one."""
    return _HDR_TRANSFERS.get(context.color_trc)


def _swscale(matrix: int) -> int:
    """Return swscale's number of a matrix: it knows fewer than H.273, and numbers 601 once."""
    return {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}.get(matrix, BT601)
