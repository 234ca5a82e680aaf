"""OMZ's layout with the mattes in a folder of their own, as VideoMatte240K has them."""

from datasets.importing.layouts import ReadyLayout, pattern

_FRAME = r"{}/([^/]+)/([^/]+)\.(?:png|jpe?g)"

LAYOUT = ReadyLayout(
    title="OMZ's layout with mattes apart",
    expected="com/<clip>/<frame>.png (or .jpg), and likewise bgr/, fgr/ (without alpha) and pha/",
    composite=pattern(_FRAME.format("com")),
    background=pattern(_FRAME.format("bgr")),
    foreground=pattern(_FRAME.format("fgr")),
    matte=pattern(_FRAME.format("pha")),
)
