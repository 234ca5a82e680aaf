"""The published sets that can be imported, one a file: foregrounds to compose, or sets with composites and plates.

A file's name is the set's kind on the command line and in configurations; its `LAYOUT` describes the set. To add a set,
add a file: nothing else lists them.

A set of foregrounds is one or more parts, each a folder of pictures and, where these do not carry their alpha, a folder
of mattes. The path of a file below its folder gives its id; picture and matte of one id belong together.
"""

import importlib
import pkgutil
import re
from dataclasses import dataclass
from functools import cache

from configs.errors import UsageError


@dataclass(frozen=True, slots=True)
class Layout:
    """A published set of foregrounds.

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


@dataclass(frozen=True, slots=True)
class ReadyLayout:
    """A set that is ready to evaluate but for its layout: every frame has a composite, a plate, colours and a matte.

    Attributes:
        title: its name.
        expected: its layout, described for errors.
        composite, background, foreground, matte: pattern of a file's path below the set's root, in any case of letters;
            its groups are the clip, perhaps of several parts, and last the frame.
        sequential: whether a clip's frames follow each other in time.
    """

    title: str
    expected: str
    composite: re.Pattern[str]
    background: re.Pattern[str]
    foreground: re.Pattern[str]
    matte: re.Pattern[str]
    sequential: bool = False

    @property
    def roles(self) -> dict[str, re.Pattern[str]]:
        """The four patterns by role, in the order of a sample's files."""
        return {
            "composite": self.composite,
            "background": self.background,
            "foreground": self.foreground,
            "matte": self.matte,
        }


def pattern(text: str) -> re.Pattern[str]:
    """Return a pattern that takes upper and lower case alike."""
    return re.compile(text, re.IGNORECASE)


FLAT = pattern(r"([^/]+)\.(?:png|jpe?g)")
"""`<name>.png` or `.jpg`."""
FRAMES = pattern(r"([^/]+)/([^/]+)\.(?:png|jpe?g)")
"""`<clip>/<frame>.png` or `.jpg`."""


def kinds() -> list[str]:
    """Return the names of all published sets that are known, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


@cache
def layout_of(kind: str) -> Layout | ReadyLayout:
    """Return the layout of a published set.

    Raises:
        UsageError: no set of this name is known.
    """
    if kind not in kinds():
        raise UsageError(f"{kind}: no published set of this name is known; choose {', '.join(kinds())}")
    layout: Layout | ReadyLayout = importlib.import_module(f"{__name__}.{kind}").LAYOUT
    return layout


def foregrounds_layout(kind: str) -> Layout:
    """Return the layout of a published set of foregrounds.

    Raises:
        UsageError: no set of this name is known, or it is ready to evaluate.
    """
    layout = layout_of(kind)
    if isinstance(layout, ReadyLayout):
        raise UsageError(
            f"{kind}: is a set with composites, and no folder of foregrounds; `mattekit dataset import {kind}` "
            "makes it ready"
        )
    return layout
