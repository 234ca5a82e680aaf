"""P3M-10k, P3M-500-P or P3M-500-NP."""

from datasets.importing.layouts import FLAT, Layout

LAYOUT = Layout(
    title="P3M-10k, P3M-500-P or P3M-500-NP",
    expected=(
        "original_image/<name>.jpg or blurred_image/<name>.jpg, and mask/<name>.png, in the folder itself, or in "
        "P3M-500-P/, P3M-500-NP/ (both perhaps below validation/) and train/"
    ),
    parts=tuple(
        (name, f"{folder}/{pictures}", f"{folder}/mask")
        for name, folder in (
            ("", "."),
            ("P3M-500-P", "P3M-500-P"),
            ("P3M-500-NP", "P3M-500-NP"),
            ("P3M-500-P", "validation/P3M-500-P"),
            ("P3M-500-NP", "validation/P3M-500-NP"),
            ("train", "train"),
        )
        for pictures in ("original_image", "blurred_image")
    ),
    picture=FLAT,
    matte=FLAT,
    source="https://github.com/JizhiziLi/P3M",
    rights="see the release agreement of the set, which its authors label MIT License",
)
