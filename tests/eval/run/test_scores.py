"""The table of scores and its file: exact round trips, and nothing that is not a finite number in either."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from eval_runs import make_rows
from hostile_texts import HOSTILE

from configs.errors import DataError
from eval.run.scores import ScoreRow, metrics_of, read_scores, score_table, scores_of, write_scores


def test_per_sample_round_trip(tmp_path: Path) -> None:
    scores = score_table(make_rows({"ir-fp32@f32": 1 / 3}))
    write_scores(tmp_path / "per_sample.csv", scores)
    assert read_scores(tmp_path).equals(scores)
    with (tmp_path / "per_sample.csv").open(newline="") as stream:
        table = list(csv.DictReader(stream))
    assert list(table[0]) == [
        *("sample", "variant", "tags", "alpha_mad", "alpha_mse", "alpha_grad", "foreground_mse", "latency_ms"),
        "alpha_mad_constant",
    ]
    assert (table[0]["foreground_mse"], table[0]["tags"], table[0]["latency_ms"]) == ("", "motion-blur", "10.0")


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_any_name_comes_back_and_is_no_formula(name: str, tmp_path: Path) -> None:
    if any("\ud800" <= letter <= "\udfff" for letter in name):
        pytest.skip("no file can hold it")
    table = score_table([ScoreRow(name, "torch", {"alpha_mad": -1.0}, 2.0, ("=tag",))])
    write_scores(tmp_path / "per_sample.csv", table)
    assert read_scores(tmp_path).equals(table)
    with (tmp_path / "per_sample.csv").open(newline="", encoding="utf-8") as stream:
        [row] = csv.DictReader(stream)
    assert row["sample"][:1] not in tuple("=+-@\t\r\uff1d")
    assert (row["tags"], row["alpha_mad"]) == ("'=tag", "-1.0")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected the columns"),
        ("sample,variant,tags,unheard_of,latency_ms\n", "expected the columns"),
        ("sample,variant,tags,alpha_mad,latency_ms\na,torch,,1.0\n", "line 2: expected 5 cells, found 4"),
        ("sample,variant,tags,alpha_mad,latency_ms\na,torch,,one,1\n", "line 2: could not convert"),
        ("sample,variant,tags,alpha_mad,latency_ms\na,torch,,nan,1\n", "line 2: .*expected a finite number"),
        ("sample,variant,tags,alpha_mad,latency_ms\na,torch,,1,1\na,onnx,,-inf,1\n", "line 3: .*expected a finite"),
        ("sample,variant,tags,alpha_mad,latency_ms\na,torch,,1,1\na,torch,,1,1\n", "csv: variant torch: .* twice"),
        ("sample,variant,tags,alpha_mad,alpha_mad,latency_ms\na,torch,,1,1,1\n", "expected the columns"),
        ("sample,variant,tags,alpha_mad,latency_ms\n", "found none; nothing was evaluated"),
    ],
)
def test_corrupt_per_sample_files_are_named(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "per_sample.csv"
    file.write_text(text)
    with pytest.raises(DataError, match=message):
        read_scores(file)


def test_what_the_constant_answer_scores_is_stored_beside_the_scores(tmp_path: Path) -> None:
    best: dict[str, float | None] = {"alpha_mad_constant": 0.1, "foreground_mse_constant": None}
    row = ScoreRow("a", "torch", {"alpha_mad": 1.0}, latency_ms=2.0, constants=best)
    table = score_table([row, replace(row, variant="onnx")])
    write_scores(tmp_path / "per_sample.csv", table)
    assert (tmp_path / "per_sample.csv").read_text().splitlines()[:2] == [
        "sample,variant,tags,alpha_mad,latency_ms,alpha_mad_constant,foreground_mse_constant",
        "a,torch,,1.0,2.0,0.1,",
    ]
    assert read_scores(tmp_path).equals(table)
    assert metrics_of(table) == ["alpha_mad"]
    with pytest.raises(DataError, match="sample a, variant onnx: expected the constants of the first row"):
        score_table([row, replace(row, variant="onnx", constants={})])
    with pytest.raises(DataError, match=r"alpha_mad_constant: expected a finite number up to 1e\+30, found inf"):
        replace(row, constants={"alpha_mad_constant": float("inf")})


def test_rows_must_agree() -> None:
    with pytest.raises(DataError, match="found none"):
        score_table([])
    with pytest.raises(DataError, match="unknown metrics mad"):
        score_table([ScoreRow("a", "torch", {"mad": 1.0})])
    with pytest.raises(DataError, match="sample b, variant torch: expected the metrics alpha_mad as in the first row"):
        score_table([ScoreRow("a", "torch", {"alpha_mad": 1.0}), ScoreRow("b", "torch", {"alpha_mse": 1.0})])
    with pytest.raises(DataError, match="variant torch: sample a was scored twice"):
        score_table([ScoreRow("a", "torch", {"alpha_mad": 1.0})] * 2)
    with pytest.raises(DataError, match="tags without blanks"):
        ScoreRow("a", "torch", {"alpha_mad": 1.0}, tags=("motion blur",))


def test_a_score_must_be_finite(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"sample a, variant torch, alpha_mad: expected a finite number up to 1e\+30, found nan"
    ):
        ScoreRow("a", "torch", {"alpha_mad": float("nan")})
    with pytest.raises(DataError, match=r"latency_ms: expected a finite number up to 1e\+30, found inf"):
        ScoreRow("a", "torch", {"alpha_mad": 1.0}, latency_ms=float("inf"))
    with pytest.raises(DataError, match="not written, because it would hold a number that is not finite"):
        write_scores(tmp_path / "per_sample.csv", score_table(make_rows()).assign(alpha_mad=float("inf")))
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"per_sample\.csv: cannot be read .*run `mattekit evaluate`"):
        read_scores(tmp_path / "per_sample.csv")


def test_the_table_keeps_the_order_and_knows_undefined_from_nought() -> None:
    rows = [
        ScoreRow("b", "torch", {"alpha_mse": None, "alpha_mad": 0.0}, tags=("x", "y")),
        ScoreRow("a", "torch", {"alpha_mad": 2.0, "alpha_mse": None}, latency_ms=3.0),
    ]
    table = score_table(rows)
    assert list(table.index) == [("torch", "b"), ("torch", "a")]
    assert list(table) == ["alpha_mad", "alpha_mse", "tags", "latency_ms"]
    assert metrics_of(table) == ["alpha_mad", "alpha_mse"]
    own = scores_of(table, "torch")
    assert (list(own.index), own["alpha_mad"].tolist(), own["alpha_mse"].isna().tolist()) == (
        ["b", "a"],
        [0.0, 2.0],
        [True, True],
    )
    assert table["tags"].tolist() == [("x", "y"), ()]


def test_the_committed_scores_are_written_byte_for_byte(tmp_path: Path) -> None:
    committed = Path(__file__).parents[3] / "reports" / "example" / "per_sample.csv"
    write_scores(tmp_path / "per_sample.csv", read_scores(committed))
    assert (tmp_path / "per_sample.csv").read_bytes() == committed.read_bytes()
