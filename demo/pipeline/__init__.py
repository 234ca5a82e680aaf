"""Frames through decoding, plate, inference, compositing and encoding at once, each in a thread of its own."""
