"""The catalogue of published models: the bundled one, the jobs that start from it, and what is wrong in one."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from configs.catalogue import CATALOGUE, find_published, read_catalogue
from configs.errors import UsageError
from configs.load import load_config

ROOT = Path(__file__).parents[2]
BUNDLED = read_catalogue(ROOT / CATALOGUE)
JOBS = sorted(set((ROOT / "configs").glob("*.yaml")) - {ROOT / CATALOGUE})
ENTRY = {
    "about": "a model",
    "architecture": "modnet",
    "file": "a.onnx",
    "url": "https://example.org/a.onnx",
    "licence": "MIT",
    "licence_url": "https://example.org/LICENSE",
}
KNOWN = {"size": 9, "checksum": f"sha256:{'0' * 64}", "stated_by": "its author"}


def test_what_open_model_zoo_publishes_is_repeated() -> None:
    found = BUNDLED["background-matting-mobilenetv2"]
    assert found.size == 20_006_715
    assert found.checksum == (
        "sha384:3fc7bad659149e3e9e0feb4ef531c177ab158e5bbcfdabba9952c3832053f353d23560ff488aeae857245734ef639e6b"
    )


def test_every_model_comes_by_tls_under_a_licence_that_is_told() -> None:
    for published in BUNDLED.values():
        assert all(url.startswith("https://") for url in (published.url, *published.mirrors, published.licence_url))
    assert {name for name, published in BUNDLED.items() if not published.permissive} == {
        *("rvm-mobilenetv3", "rvm-resnet50", "robust-video-matting-mobilenetv3")
    }


@pytest.mark.parametrize("path", JOBS, ids=lambda path: path.name)
def test_the_model_of_a_job_is_in_the_catalogue_and_of_its_kind(path: Path) -> None:
    model = load_config(path).model
    if model.download is not None:
        published = BUNDLED[model.download]
        assert (model.onnx or model.checkpoint) is not None
        assert published.file == (model.onnx or model.checkpoint or Path()).name
        assert published.is_onnx == (model.onnx is not None)
        assert published.architecture == model.architecture


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"checksum": f"md5:{'0' * 32}"} | {k: KNOWN[k] for k in ("size", "stated_by")}, "one.checksum: .*sha256"),
        (KNOWN | {"checksum": "sha256:"}, "one.checksum"),
        (KNOWN | {"checksum": f"sha256:{'A' * 64}"}, "one.checksum"),
        ({"size": 9}, "one: .*together"),
        ({"mirrors": ["https://example.org/b"]}, "one: .*mirrors need a checksum"),
        ({"file": "../a.onnx"}, "one.file"),
        ({"file": "x/a.onnx"}, "one.file: .*plain name"),
        ({"file": ".part"}, "one.file: .*plain name"),
        ({"url": "file:///etc/passwd"}, "one.url"),
        ({"licence": None}, "one.licence"),
        ({"colour": "red"}, "one.colour"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    path = tmp_path / "catalogue.yaml"
    path.write_text(yaml.safe_dump({"one": ENTRY | changes}), encoding="utf-8")
    with pytest.raises(UsageError, match=f"catalogue.yaml: {said}.*; mend the catalogue"):
        read_catalogue(path)


@pytest.mark.parametrize("text", ["", "- a", "One: {}", "../one: {}"])
def test_what_is_no_catalogue_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "catalogue.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="mend the catalogue"):
        read_catalogue(path)


def test_an_unknown_name_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"--x: no published model is called 'moodnet'; known are .*modnet"):
        find_published("moodnet", BUNDLED, "--x")
