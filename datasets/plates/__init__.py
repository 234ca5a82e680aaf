"""The plate against the frame: what is wrong with it, and a plate brought to the frame's place and colours.

pictures <- homographies, agreement <- features, following, colour <- filling <- alignment <- checks, tracking, still;
arrays alone: no files, no samples.
"""
