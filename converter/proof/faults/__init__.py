"""Faults planted on purpose, as data, to see which of them the proof and the gate notice."""
