"""A tiny pack of people."""

from pathlib import Path

import pytest
from tiny_people import write_tiny_pack

from datasets.people.pack import Pack


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    """Return a pack of three people of 64x96, the second in low light."""
    return write_tiny_pack(tmp_path / "pack")
