"""URLs of folders in stores: told from paths, and refused where results would repeat a secret."""

from pathlib import Path

import pytest

from configs.errors import UsageError
from configs.load import config_from_dict, placed
from configs.urls import folder_of, is_url, require_place, url_fault


@pytest.mark.parametrize(
    "place", ["s3://bucket/set", "gs://b/s", "hf://datasets/me/set@main", "memory://a", "FILE:///a"]
)
def test_a_url_of_a_store_is_fine(place: str) -> None:
    assert is_url(place)
    assert url_fault(place) == ""


@pytest.mark.parametrize("place", ["people", "./people", "/data/s3", "a:b/c", "C:/data", "a/b://c"])
def test_a_path_is_no_url(place: str) -> None:
    assert not is_url(place)
    assert url_fault(place) == ""


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        ("s3://me:secret@bucket/set", "holds a name or password before the @"),
        ("https://me.example/set", "found a web address"),
        ("s3://bucket/set?key=secret", "without [?] and #"),
        ("s3://bucket/../other", "without . and .."),
        ("simplecache::s3://bucket/set", "several that are chained"),
        ("s3:/bucket/set", "expected two slashes, s3://, found one"),
    ],
)
def test_what_cannot_name_a_folder_is_refused_and_no_secret_repeated(place: str, fault: str) -> None:
    with pytest.raises(UsageError, match=fault) as refused:
        require_place(place, "--dataset")
    with pytest.raises(UsageError, match=fault) as in_a_job:
        config_from_dict({"dataset": {"path": place}}, "job.yaml")
    assert "secret" not in f"{refused.value}{in_a_job.value}"


def test_a_file_url_is_a_folder_of_this_machine() -> None:
    assert folder_of("file:///data/my%20set") == Path("/data/my set")
    assert folder_of("s3://bucket/set") is None
    with pytest.raises(UsageError, match="found the machine there"):
        folder_of("file://there/data")


def test_a_job_keeps_its_url_whatever_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MATTEKIT_HOME", str(tmp_path))
    job = config_from_dict({"dataset": {"path": "s3://bucket/set"}}, "job.yaml")
    assert placed(job).dataset.path == "s3://bucket/set"
