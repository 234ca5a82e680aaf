"""Tests of configs.unfinished: parts are gone on with by exactly the same work, and by one process at a time."""

import json
import multiprocessing
from pathlib import Path

import pytest

from configs.errors import DataError, UsageError
from configs.source import source_sha256
from configs.unfinished import (
    WORK_FILE,
    BusyError,
    Work,
    differences,
    final_of,
    folder_of,
    left_behind,
    recorded_notes,
    recorded_work,
    unfinished,
)

WORK: Work = {"settings": {"limit": 8, "variants": ["torch", "onnx"]}, "source": "a" * 64}


def _break_off(final: Path, work: Work = WORK) -> None:
    """Finish one part of two, and fail."""
    with pytest.raises(DataError, match="broken"), unfinished(final, work, notes={"rerun": "first"}) as kept:
        (kept.folder / "part").write_text("one")
        raise DataError("broken")


def test_parts_stay_after_a_failure_and_go_with_success(tmp_path: Path) -> None:
    final = tmp_path / "run"
    _break_off(final)
    assert recorded_work(final) == WORK
    with unfinished(final, WORK, notes={"rerun": "other"}) as kept:
        assert kept.continued
        assert (kept.folder / "part").read_text() == "one"
        assert recorded_notes(final) == {"rerun": "first"}
    assert not folder_of(final).exists()


def test_a_failure_before_the_first_part_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError), unfinished(tmp_path / "run", WORK):
        raise DataError("broken")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"source": "b" * 64}, "source: a{24}..., now b{24}..."),
        ({"settings": {"limit": 9, "variants": ["torch", "onnx"]}}, "settings.limit: 8, now 9"),
        ({"settings": {"limit": 8, "variants": ["onnx"]}}, "settings.variants: torch, onnx, now onnx"),
        ({"settings": {"limit": 8}}, "settings.variants: torch, onnx, now none"),
        ({"device": "GPU"}, "device: none, now GPU"),
    ],
)
def test_other_work_is_refused_with_what_changed_until_it_is_thrown_away(
    tmp_path: Path, change: dict[str, object], told: str
) -> None:
    final = tmp_path / "run"
    _break_off(final)
    other = {**WORK, **change}
    with pytest.raises(UsageError, match=told), unfinished(final, other):
        pytest.fail("gone on with")
    assert (folder_of(final) / "part").read_text() == "one"
    with unfinished(final, other, fresh=True) as kept:
        assert not kept.continued
        assert not kept.has_parts


def test_a_record_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    final = tmp_path / "run"
    _break_off(final)
    path = folder_of(final) / WORK_FILE
    path.write_text(path.read_text()[:20])
    with pytest.raises(DataError, match="cannot be read"), unfinished(final, WORK):
        pytest.fail("gone on with")


def test_what_was_left_behind_is_found_by_its_work(tmp_path: Path) -> None:
    assert left_behind(tmp_path, WORK) is None
    _break_off(tmp_path / "first")
    _break_off(tmp_path / "other", {**WORK, "source": "b" * 64})
    assert left_behind(tmp_path, WORK) == tmp_path / "first"
    (tmp_path / "first").mkdir()
    assert left_behind(tmp_path, WORK) is None
    assert not folder_of(tmp_path / "first").exists()
    assert folder_of(tmp_path / "other").exists()


def _hold(final: Path, begun: "multiprocessing.synchronize.Event", end: "multiprocessing.synchronize.Event") -> None:
    with unfinished(final, WORK):
        begun.set()
        end.wait(30)


def test_two_processes_are_never_at_one_work(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    begun, end = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(tmp_path / "run", begun, end))
    other.start()
    assert begun.wait(30)
    with pytest.raises(BusyError, match="another process"), unfinished(tmp_path / "run", WORK, fresh=True):
        pytest.fail("both are at it")
    assert left_behind(tmp_path, WORK) is None
    end.set()
    other.join(30)
    with unfinished(tmp_path / "run", WORK) as kept:
        assert not kept.continued


def test_differences_of_what_json_gives_back_are_none() -> None:
    work = {"sizes": (720, 1280), "nested": {"a": 1.5, "b": None}}
    assert differences(json.loads(json.dumps(work)), work) == []


@pytest.mark.parametrize("fresh", [False, True])
def test_a_folder_of_somebody_s_is_left_alone(tmp_path: Path, fresh: bool) -> None:
    folder = folder_of(tmp_path / "run")
    folder.mkdir()
    (folder / "dear.txt").write_text("keep me")
    with (
        pytest.raises(UsageError, match=r"holds dear\.txt, which is none of it"),
        unfinished(tmp_path / "run", WORK, fresh=fresh),
    ):
        pytest.fail("taken over")
    assert [path.name for path in folder.iterdir()] == ["dear.txt"]


def test_folders_above_go_again_with_a_failure(tmp_path: Path) -> None:
    with pytest.raises(DataError), unfinished(tmp_path / "new/deep/run", WORK):
        raise DataError("broken")
    assert list(tmp_path.iterdir()) == []


def test_names_lead_to_each_other(tmp_path: Path) -> None:
    final = tmp_path / "run"
    assert final_of(folder_of(final)) == final
    assert final_of(final) == final


def test_the_source_hash_is_of_the_code() -> None:
    assert len(source_sha256()) == 64
