"""Open what a person names as a target."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from configs.errors import DataError
from demo.composing.targets import Moving, Picture, Target, plain_target
from demo.media.frames import looped
from demo.media.reading import open_source


@contextmanager
def open_target(text: str) -> Iterator[Target]:
    """Yield the target: `#RRGGBB`, `blur:K`, `transparent`, a picture, a folder of pictures, or a video, which loops.

    Raises:
        DataError: there is no such file, or it cannot be read.
        UsageError: it is none of these.
    """
    if (plain := plain_target(text)) is not None:
        yield plain
        return
    if not Path(text).exists():
        raise DataError(
            f"target {text!r}: no such picture or video; other targets: #RRGGBB, blur:K with K pixels, transparent"
        )
    source = open_source(text)
    images = (frame.image for frame in looped(source))
    try:
        yield Picture(next(images)) if source.is_picture else Moving(images)
    finally:
        images.close()
        source.close()
