"""Footage to try the demo with, made by the toolkit: a bundled person moves before a hand-held camera."""
