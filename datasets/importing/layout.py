"""What is known of how a published set lies on disk.

A set is one or more parts, each a folder of pictures and, where these do not carry their alpha, a folder of mattes.
The path of a file below its folder gives its id; picture and matte of one id belong together.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layout:
    """A published set.

    Attributes:
        title: its name.
        expected: its layout, described for errors.
        parts: name (which begins the ids), folder of pictures, folder of mattes or None; relative to the set's root.
            Of several parts with one name the first that is there counts.
        picture: pattern of a picture's path below its folder, in any case of letters; its groups, joined by `/`, are
            the id.
        matte: likewise for a matte.
        matte_is_rgba: whether the matte is the alpha channel of an RGBA PNG, whose colours are of no use.
        true_colours: whether the pictures hold the foreground's own colours, rather than a photograph's.
        sequential: whether a folder's pictures are frames that follow each other in time.
        source: where it is published.
        rights: what its authors say of its licence; begins with `unclear` where that is unknown.
    """

    title: str
    expected: str
    parts: tuple[tuple[str, str, str | None], ...]
    picture: re.Pattern[str]
    matte: re.Pattern[str]
    source: str
    rights: str
    matte_is_rgba: bool = False
    true_colours: bool = False
    sequential: bool = False


def pattern(text: str) -> re.Pattern[str]:
    """Return a pattern that takes upper and lower case alike."""
    return re.compile(text, re.IGNORECASE)


FLAT = pattern(r"([^/]+)\.(?:png|jpe?g)")
"""`<name>.png` or `.jpg`."""
FRAMES = pattern(r"([^/]+)/([^/]+)\.(?:png|jpe?g)")
"""`<clip>/<frame>.png` or `.jpg`."""
