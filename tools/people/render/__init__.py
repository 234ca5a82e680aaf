# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of built people, by Blender's Cycles."""
