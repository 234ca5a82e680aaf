"""Intervals of means over samples, and comparison of paired scores."""
