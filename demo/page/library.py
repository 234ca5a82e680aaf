"""NiceGUI, which draws the page, is an extra: where it is missing, say how to install it."""

from importlib.util import find_spec

from configs.errors import UsageError

INSTALL = "pip install --constraint constraints.txt --editable '.[serve]'"


def require_nicegui() -> None:
    """Raise `UsageError` with the line that installs NiceGUI, unless it is there."""
    if find_spec("nicegui") is None:
        raise UsageError(f"serve: the page needs NiceGUI, which is not installed; run: {INSTALL}")
