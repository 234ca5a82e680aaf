"""PhotoMatte85."""

from datasets.importing.layouts import FLAT, Layout, pattern

LAYOUT = Layout(
    title="PhotoMatte85",
    expected="<name>.png, RGBA, in the folder itself",
    parts=(("", ".", None),),
    picture=pattern(r"([^/]+)\.png"),
    matte=FLAT,
    true_colours=True,
    source="https://grail.cs.washington.edu/projects/background-matting-v2/",
    rights="unclear: see the terms where it is downloaded",
)
