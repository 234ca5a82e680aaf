"""PPM-100."""

from datasets.importing.layouts import FLAT, Layout

LAYOUT = Layout(
    title="PPM-100",
    expected="image/<name>.jpg and matte/<name>.png (or .jpg)",
    parts=(("", "image", "matte"),),
    picture=FLAT,
    matte=FLAT,
    source="https://github.com/ZHKKKe/PPM",
    rights="photographs: Creative Commons, from Flickr, credits not in the set; mattes: CC BY-NC-SA 4.0",
)
