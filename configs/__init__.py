"""Job configurations with their types, gate baselines, and what every other package needs: errors, files, records.

The lowest layer, `configs <- datasets <- converter <- eval`: it imports none of the other packages.
"""
