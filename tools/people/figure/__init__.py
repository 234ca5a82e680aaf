# SPDX-License-Identifier: GPL-3.0-or-later
"""A person's shape, from the body to what is held in a hand; needs no `bpy`."""
