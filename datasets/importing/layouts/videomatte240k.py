"""VideoMatte240K."""

from datasets.importing.layouts import FRAMES, Layout

LAYOUT = Layout(
    title="VideoMatte240K",
    expected="train/ and test/, or one of them, with fgr/<clip>/<frame>.jpg and pha/<clip>/<frame>.jpg",
    parts=(("train", "train/fgr", "train/pha"), ("test", "test/fgr", "test/pha"), ("", "fgr", "pha")),
    picture=FRAMES,
    matte=FRAMES,
    true_colours=True,
    sequential=True,
    source="https://grail.cs.washington.edu/projects/background-matting-v2/",
    rights="unclear: see the terms where it is downloaded",
)
