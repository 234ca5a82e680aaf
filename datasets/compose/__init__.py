"""Sets composed of foregrounds and backgrounds."""
