"""What a reader wants first: the drift nearest to its limit, the speed-up, what ran where, and what to beware of."""

from dataclasses import dataclass

from configs.schema import GateSection
from configs.text import counted
from eval.presentation.formatting import code, dimensions, minus, number, plain, signed
from eval.report.tables import device_of, limit_on, metrics_of, of_sizes, original_record
from eval.run.aspect import distorted_sizes
from eval.run.results import TAG_METRIC, Results, VariantRecord

_FRAMEWORKS = {"torch": "torch", "onnxruntime": "onnxruntime", "openvino": "OpenVINO"}


@dataclass(frozen=True, slots=True)
class LargestDrift:
    """The drift that takes the largest share of its limit, or of the original's value where there is no limit.

    Attributes:
        text: what it is, as a line of markdown.
        share: of its limit, in percent; None where no drift has a limit.
    """

    text: str
    share: float | None = None


def largest_drift(results: Results, gate: GateSection | None) -> LargestDrift:
    """Return the drift that takes the largest share of its limit; a share of more than 100 % is beyond it.

    Only a drift in the direction that its limit holds for takes anything of it.
    """
    found: tuple[float, LargestDrift] | None = None
    for variant in results.converted():
        for metric in metrics_of(results):
            drift, record = results.drift_of(variant.name, metric.name), original_record(results, metric.name)
            if drift is None or drift.mean is None or record is None or record.mean is None:
                continue
            limit = limit_on(gate, results, variant, metric.name)
            if limit is None and (gate is not None or (results.dataset.agreement and metric.name != TAG_METRIC)):
                continue
            text = (
                f"{metric.title} {minus(signed(drift.mean))} with {code(variant.name)} (ran in {plain(variant.ran_in)})"
            )
            if limit is not None:
                taken = limit.taken(drift.mean)
                share = _share(taken, limit.size)
                text = f"{text}, {share:.3g} % of its limit of {number(limit.size)}"
                if not taken and drift.mean:
                    text = f"{text}, which is for an {limit.direction} alone"
                candidate = share, LargestDrift(text, share)
            elif results.dataset.agreement:
                candidate = abs(drift.mean), LargestDrift(text)  # of one metric: the original's own value is 0
            else:
                share = _share(abs(drift.mean), abs(record.mean))
                candidate = share, LargestDrift(f"{text}, {share:.3g} % of the original's value")
            if found is None or candidate[0] > found[0] * (1 + 1e-9):  # equal but for rounding: the first
                found = candidate
    if found is None:
        return LargestDrift("none could be measured")
    drifts = [drift.mean for drift in results.drift if drift.mean is not None]
    if found[0] == 0 and not any(drifts):
        return LargestDrift("none: every metric equals the original's", found[1].share)
    return found[1]


def speed_up(results: Results) -> str | None:
    """Return how much faster than the original the fastest converted variant is; None where nothing was timed."""
    original = results.variant(results.original)
    timed = [(v.latency_ms.median, v) for v in results.converted() if v.latency_ms and v.latency_ms.median]
    if original is None or original.latency_ms is None or not timed:
        return None
    base = original.latency_ms.median
    median, variant = min(timed, key=lambda entry: entry[0])
    word = "times as fast" if median <= base else "times as fast, that is, slower"
    return (
        f"**{base / median:.2f} {word}**: {code(variant.name)} {number(median)} ms a sample, "
        f"the original {code(results.original)} {number(base)} ms"
    )


def what_ran_where(results: Results) -> str:
    """Return devices and frameworks with their versions, as a line of markdown."""
    places: dict[tuple[str, str], list[VariantRecord]] = {}
    for variant in results.variants:
        places.setdefault((variant.framework, device_of(variant)), []).append(variant)
    conditions = results.environment
    parts = []
    for (framework, device), variants in places.items():
        version = conditions.versions.get(framework)
        name = plain(" ".join(filter(None, (_FRAMEWORKS.get(framework, framework), version))))
        precisions = ", ".join(dict.fromkeys(plain(variant.ran_in) for variant in variants))
        parts.append(f"{name} on {plain(device)} ({precisions})")
    return f"{'; '.join(parts)}. CPU: {plain(conditions.cpu_name)} ({plain(conditions.cpu_class)})"


def what_was_shown(results: Results) -> str:
    """Return the set, its samples and their size, and the size that the model takes, as a line of markdown."""
    dataset = results.dataset
    model = f"; the model takes {dimensions(results.model.input_size)}" if results.model else ""
    return f"{plain(dataset.name)}, {counted(dataset.samples, 'sample')}{of_sizes(dataset.sizes)}{model}"


def aspect_warning(results: Results) -> str | None:
    """Return what must be said where the set's frames have another aspect than the model; None where they have not."""
    odd = distorted_sizes(results)
    if not odd or results.model is None:
        return None
    model = dimensions(results.model.input_size)
    return (
        f"**The set has another aspect than the model**: frames{of_sizes(odd)} were squeezed into {model}, so that "
        "every figure is of distorted pictures. Convert for the set's aspect, or evaluate a set of the model's."
    )


def _share(part: float, whole: float) -> float:
    if part == 0:
        return 0.0
    return 100 * part / whole if whole else float("inf")
