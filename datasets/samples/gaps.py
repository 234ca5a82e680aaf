"""What a set of samples has not shown, in words for reports."""

import numpy as np

from datasets.samples.coverage import KINDS, TILE, Coverage, Kind

SEEN_SHARE = 0.01
"""Values count as seen from this share of the pixels in question; less moves no average."""
CHANNELS = ("red", "green", "blue")


def gaps(coverage: Coverage) -> list[str]:
    """Say in plain words what was not seen, the frame first, each kind in one line; empty when all was."""
    if coverage.samples == 0:
        return ["nothing was measured"]
    found = [words for kind in KINDS if (words := _unseen_places(coverage, kind))]
    for name, channels in (("foregrounds", coverage.foreground), ("backgrounds", coverage.background)):
        if name == "backgrounds" and not any(channels[0].tenths):
            continue  # a set without plates
        found.extend(_unseen_values(name, "above 0.9", [channel.bright for channel in channels]))
        found.extend(_unseen_values(name, "below 0.1", [channel.dark for channel in channels]))
        found.extend(_unseen_values(name, "saturated", [channel.saturated for channel in channels]))
    return found


def _unseen_places(coverage: Coverage, kind: Kind) -> str:
    unseen = ~coverage.seen(kind)
    if not unseen.any():
        return ""
    verb = {"edges": "with hair-like edges", "partial": "half-transparent"}.get(kind, kind)
    if unseen.all():
        return f"no part of the frame ever {verb}"
    places = []
    height, width = coverage.size
    for side, lines, length in (
        ("left", unseen.all(axis=0), width),
        ("right", np.flip(unseen.all(axis=0)), width),
        ("top", unseen.all(axis=1), height),
        ("bottom", np.flip(unseen.all(axis=1)), height),
    ):
        if band := int(np.argmin(lines)):
            # The tile at the right or lower edge may be a part of one.
            pixels = band * TILE - (-length % TILE if side in ("right", "bottom") else 0)
            places.append(f"{side} {_percent(pixels / length)}")
            within = slice(0, band) if side in ("left", "top") else slice(-band, None)
            unseen[(slice(None), within) if side in ("left", "right") else within] = False
    if unseen.any():
        places.append(f"{'another ' if places else ''}{_percent(float(unseen.mean()))}")
    return f"{', '.join(places)} of the frame never {verb}"


def _unseen_values(name: str, where: str, shares: list[float]) -> list[str]:
    """Say which channels lack values; all three in one."""
    named = dict(zip(CHANNELS, shares, strict=True))
    never = {channel: share for channel, share in named.items() if share == 0}
    hardly = {channel: share for channel, share in named.items() if 0 < share < SEEN_SHARE}
    found = []
    for channels, how in ((never, "never seen"), (hardly, "hardly seen")):
        if channels:
            which = "" if len(channels) == len(CHANNELS) else f" in {' and '.join(channels)}"
            most = max(channels.values())
            found.append(f"{name} {where}{which} {how}{f' ({_percent(most)} of pixels)' if most else ''}")
    return found


def _percent(share: float) -> str:
    percent = 100 * share
    return f"{percent:.0f} %" if percent >= 10 else f"{percent:.2g} %"
