# SPDX-License-Identifier: GPL-3.0-or-later
"""What each person and picture shows, drawn from a seed before anything is built; needs no `bpy`."""
