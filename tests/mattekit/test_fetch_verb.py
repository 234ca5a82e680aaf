"""`mattekit dataset fetch`: its words, its exit codes, and what it says of a replaced id."""

from pathlib import Path

import pytest
from bucket import GONE
from outcome import Run

HEADER = "ImageID,Subset,OriginalLandingURL,License,AuthorProfileURL,Author,Title,Rotation\n"
THERE = "1" * 16


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(HEADER + "".join(f"{id},validation,l,c,p,a,t,\n" for id in (GONE, THERE)))
    (tmp_path / "ids.txt").write_text(f"{GONE}\n")
    return path


def test_photographs_come_with_their_credits(run: Run, url: str, table: Path, tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text(f"{THERE}\n")
    outcome = run(
        "dataset", "fetch", "openimages", "--ids", "ids.txt", "--out", "o", "--table", table, "--base-url", url
    )
    assert outcome.code == 0
    assert "o: 1 photograph from openimages, 0 ids replaced" in outcome.out
    assert {path.name for path in (tmp_path / "o").iterdir()} == {f"{THERE}.jpg", "backgrounds.json", "ATTRIBUTION.csv"}


def test_a_replaced_id_is_said(run: Run, url: str, table: Path) -> None:
    arguments = ("--ids", "ids.txt", "--on-failure", "replace", "--out", "o", "--table", table, "--base-url", url)
    outcome = run("dataset", "fetch", "openimages", *arguments)
    assert outcome.code == 0
    assert f"replaced {GONE}: {url}/validation/{GONE}.jpg: HTTP 404" in outcome.out
    assert "1 id replaced" in outcome.out


def test_a_listed_id_that_is_gone_ends_with_3(run: Run, url: str, table: Path) -> None:
    outcome = run(
        "dataset", "fetch", "openimages", "--ids", "ids.txt", "--out", "o", "--table", table, "--base-url", url
    )
    assert outcome.code == 3
    assert "HTTP 404" in outcome.err


def test_a_missing_table_ends_with_3(run: Run, url: str) -> None:
    outcome = run("dataset", "fetch", "openimages", "--count", 1, "--out", "o", "--table", "no.csv", "--base-url", url)
    assert outcome.code == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ("openimages", "--out", "o"),
        ("openimages", "--count", "1", "--ids", "ids.txt", "--out", "o"),
        ("openimages", "--count", "1"),
        ("imagenet", "--count", "1", "--out", "o"),
        ("openimages", "--count", "1", "--out", "o", "--on-failure", "ignore"),
        ("openimages", "--count", "1", "--out", "o", "--base-url", "bucket"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2(run: Run, table: Path, arguments: tuple[str, ...]) -> None:
    assert run("dataset", "fetch", *arguments).code == 2
