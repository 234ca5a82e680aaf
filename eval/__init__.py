"""Metrics, the evaluation loop, results, drift and gate, and the rendering of reports."""
