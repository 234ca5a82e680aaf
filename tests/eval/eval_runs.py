"""Invented scores with obvious means, for the tests of results, gate and report."""

from eval.run.scores import ScoreRow

IDS = ("a/0001", "a/0002", "b/0001", "b/0002")
METRIC_BASE = {"alpha_mad": 4.0, "alpha_mse": 1.0, "alpha_grad": 2.0, "foreground_mse": 3.0}


def make_rows(shift: dict[str, float] | None = None, ids: tuple[str, ...] = IDS) -> list[ScoreRow]:
    """Return rows of torch (base + sample number), ir-fp32@f32 and ir-fp16@default; `shift` moves a variant's scores.

    The first sample has no foreground, so its Foreground MSE is undefined.
    """
    rows = []
    for variant in ("torch", "ir-fp32@f32", "ir-fp16@default"):
        for number, sample in enumerate(ids):
            scores: dict[str, float | None] = {
                name: base + number + (shift or {}).get(variant, 0.0) for name, base in METRIC_BASE.items()
            }
            if number == 0:
                scores["foreground_mse"] = None
            tags = ("motion-blur",) if sample.startswith("a/") else ()
            rows.append(ScoreRow(sample, variant, scores, latency_ms=10.0 * (number + 1), tags=tags))
    return rows
