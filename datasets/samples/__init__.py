"""Samples, their files and layout, and what is checked and recorded of a set."""
