"""Show results as they come, where this OpenCV and this machine have windows."""

import os
import re
import sys

import cv2
import numpy as np
from numpy.typing import NDArray

from configs.errors import UsageError

_TITLE = "mattekit"
_QUIT = (27, ord("q"), ord("Q"))


def why_no_window() -> str | None:
    """Return why nothing can be shown, None where it can."""
    built = re.search(r"GUI:\s*(\w+)", cv2.getBuildInformation())
    if built is None or built[1] == "NONE":
        return "this OpenCV is opencv-python-headless, which has no windows (opencv-python has)"
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "there is no display (DISPLAY is not set)"
    return None


class Window:
    """A window that shows the newest result; to be used by the main thread alone.

    Raises:
        UsageError: nothing can be shown here.
    """

    def __init__(self) -> None:
        if reason := why_no_window():
            raise UsageError(f"--show: {reason}; leave it out, and write a file with -o")
        self._latest: NDArray[np.uint8] | None = None

    def offer(self, image: NDArray[np.uint8]) -> None:
        """Take a result, (H, W, 3) RGB or (H, W, 4) RGBA; may be called by another thread."""
        self._latest = image

    def refresh(self) -> bool:
        """Show the newest result; tell whether Escape or q was pressed."""
        image, self._latest = self._latest, None
        if image is not None:
            cv2.imshow(_TITLE, cv2.cvtColor(image[..., :3], cv2.COLOR_RGB2BGR))
        return cv2.waitKey(1) & 0xFF in _QUIT

    def close(self) -> None:
        """Close it."""
        cv2.destroyAllWindows()
