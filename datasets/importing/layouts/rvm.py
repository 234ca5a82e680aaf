"""The evaluation sets of RobustVideoMatting, as its scripts make and read them."""

from datasets.importing.layouts import ReadyLayout, pattern

_FRAME = r"(?:([^/]+)/)?([^/]+)/{}/([^/]+)\.(?:png|jpe?g)"

LAYOUT = ReadyLayout(
    title="an evaluation set of RobustVideoMatting",
    expected="<clip>/com/<frame>.png (or .jpg), and likewise <clip>/bgr/, <clip>/fgr/, <clip>/pha/, perhaps in <set>/",
    composite=pattern(_FRAME.format("com")),
    background=pattern(_FRAME.format("bgr")),
    foreground=pattern(_FRAME.format("fgr")),
    matte=pattern(_FRAME.format("pha")),
    sequential=True,
)
