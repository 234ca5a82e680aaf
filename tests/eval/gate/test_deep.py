"""The deep self-test: what it refuses, and, slowly, a few faults planted into small forms of the bundled checkpoint."""

from pathlib import Path

import pytest
from tiny_model import tiny_config

from configs.errors import UsageError
from configs.schema import Config
from converter.proof.faults.registry import FAULTS
from eval.gate.selftest.bench import Bench
from eval.gate.selftest.deep import deep_self_test
from eval.pipeline.evaluate import evaluate
from eval.run.stored import write_run

PLANTED = {
    ("fp32", "reversal left out on the first path"),
    ("fp16", "alpha 0.15 in 12x12"),
    ("fp16", "background moved by a pixel"),
}


def test_only_a_checkpoint_of_the_known_network_is_taken(
    tiny_onnx: Path, tiny_models: Path, tiny_set: Path, tmp_path: Path
) -> None:
    job = tiny_config(tiny_onnx, tiny_models, tiny_set)
    run = evaluate(job)

    with pytest.raises(UsageError, match="BackgroundMattingV2 checkpoint alone"):
        Bench(run.results, job.gate, None, ["fp32"], tmp_path)

    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_faults_are_seen_and_sound_forms_pass(bundled_job: Config, tmp_path: Path) -> None:
    write_run(tmp_path / "run", evaluate(bundled_job))
    faults = [fault for fault in FAULTS if (fault.precision, fault.name) in PLANTED]

    table = deep_self_test(tmp_path / "run", bundled_job.gate, faults=faults)

    assert len(faults) == len(PLANTED)
    assert (table.size, table.samples) == (bundled_job.convert.size, 6)
    assert {(power.precision, power.fault) for power in table.faults} == PLANTED
    by_name = {power.fault: power for power in table.faults}
    assert by_name["reversal left out on the first path"].contract
    assert by_name["alpha 0.15 in 12x12"].block == pytest.approx(0.85, abs=0.02)  # where a figure is opaque
    assert by_name["alpha 0.15 in 12x12"].stimuli
    assert [power for power in table.faults if not power.right] == []
