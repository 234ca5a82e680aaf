"""The IR as the Open Model Zoo would convert our checkpoint, to measure ours against; see README.md."""
