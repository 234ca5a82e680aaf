"""The pieces of HTML that NiceGUI has no element for; every text in them is escaped."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from urllib.parse import quote


def split(before: str | None, after: str, still: bool) -> str:
    """Return the before/after slider.

    Args:
        before, after: addresses of the source and of the result; without a source there is nothing to slide.
        still: whether they are pictures rather than videos.
    """
    if still:
        shown = f'<img src="{after}" alt="result" draggable="false">'
        first = "" if before is None else f'<img class="mk-before" src="{before}" alt="source" draggable="false">'
        play = ""
    else:
        how = "muted loop autoplay playsinline"
        shown = f'<video src="{after}" {how}></video>'
        first = "" if before is None else f'<video class="mk-before" src="{before}" {how}></video>'
        play = '<button class="mk-play" type="button">Play / pause</button>'
    alone = "" if before else " mk-alone"
    slider = '<input class="mk-range" type="range" min="0" max="100" value="50" aria-label="source | result">'
    below = f"{slider if before else ''}{play}"
    return f'<div class="mk-shown"><div class="mk-split{alone}">{shown}{first}</div>{below}</div>'


def listed(lines: Iterable[str]) -> str:
    """Return a list of lines; nothing for none."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<ul class="mk-lines">{items}</ul>' if items else ""


def links(downloads: Mapping[str, str]) -> str:
    """Return links that load files; name to address."""
    shown = " ".join(
        f'<a href="{address}?download={quote(name)}" download>{escape(name)}</a>' for name, address in downloads.items()
    )
    return f'<div class="mk-row">Download: {shown}</div>'


def figures(pictures: Sequence[tuple[str, str]]) -> str:
    """Return pictures side by side: address and caption of each."""
    shown = "".join(
        f'<figure><img src="{address}" alt=""><figcaption>{escape(caption)}</figcaption></figure>'
        for address, caption in pictures
    )
    return f'<div class="mk-pair">{shown}</div>'
