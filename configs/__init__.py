"""What to do: typed job configurations, gate baselines, and the few things every other package needs.

The lowest layer: `configs <- datasets <- converter <- eval`, so it imports none of the others.
"""
