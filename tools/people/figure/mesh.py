# SPDX-License-Identifier: GPL-3.0-or-later
"""What a built person consists of."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Mesh:
    """A mesh to render: world vertices (N, 3), faces, per-vertex attributes, a material's name and settings."""

    name: str
    vertices: np.ndarray
    faces: list[list[int]]
    material: dict[str, Any]
    attributes: dict[str, np.ndarray] = field(default_factory=dict)
    subdivide: int = 1
    thickness: float = 0.0
    later: np.ndarray | None = None


@dataclass
class Built:
    """A person ready for the scene; `later` in meshes and strands is where they are when the shutter closes."""

    meshes: list[Mesh]
    strands: list[tuple[np.ndarray, dict[str, Any]]]
    joints: dict[str, np.ndarray]
    top: float
