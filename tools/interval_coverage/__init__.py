"""How often intervals of a mean miss it, by simulation: `python -m tools.interval_coverage`."""
