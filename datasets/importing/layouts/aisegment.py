"""AISegment matting_human_datasets."""

from datasets.importing.layouts import Layout, pattern

LAYOUT = Layout(
    title="AISegment matting_human_datasets",
    expected="clip_img/<group>/clip_<8 digits>/<name>.jpg and matting/<group>/matting_<8 digits>/<name>.png",
    parts=(("", "clip_img", "matting"),),
    picture=pattern(r"([^/]+)/clip_(\d{8})/([^/]+)\.jpe?g"),
    matte=pattern(r"([^/]+)/matting_(\d{8})/([^/]+)\.png"),
    matte_is_rgba=True,
    source="https://github.com/aisegmentcn/matting_human_datasets",
    rights="unclear: photographs collected from Flickr, Baidu and Taobao",
)
