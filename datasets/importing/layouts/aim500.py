"""AIM-500."""

from datasets.importing.layouts import FLAT, Layout

LAYOUT = Layout(
    title="AIM-500",
    expected="original/<name>.jpg and mask/<name>.png",
    parts=(("", "original", "mask"),),
    picture=FLAT,
    matte=FLAT,
    source="https://github.com/JizhiziLi/AIM",
    rights="see the release agreement of the set",
)
