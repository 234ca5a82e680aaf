"""Stimuli: a small fixed battery of composites that shows a model everything, everywhere in its frame."""
