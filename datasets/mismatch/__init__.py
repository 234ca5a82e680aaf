"""Where a composite is not its foreground over its plate, and which simple change would explain it.

pixels <- changes, places <- explain; arrays alone: no files, no samples.
"""
