# SPDX-License-Identifier: GPL-3.0-or-later
"""The builder of the bundled people: runs by hand, inside Blender's `bpy`; see README.md."""
