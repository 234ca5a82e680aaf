"""A conversion that SIGKILL ends at several moments: the same one goes on, and its folder is the same to the bit."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from tiny_model import INT8, INT8_PARITY, tiny_settings

ROOT = Path(__file__).resolve().parents[2]
MOMENTS = ("onnx begins", "onnx is made", "ir-fp16 begins", "ir-int8 is made", "ir-int8 is recorded", "put in place")
PROGRAM = """
    import filecmp, json, os, shutil, signal, sys
    from pathlib import Path
    from configs.load import config_from_dict
    from converter import convert as story, finished
    from converter.steps.step import Step

    def die(*_):
        os.kill(os.getpid(), signal.SIGKILL)

    def at(moment):
        if moment == "put in place":
            finished.put_in_place = die
        elif moment.endswith("is recorded"):
            keep = finished.FinishedHops.keep
            finished.FinishedHops.keep = lambda hops, form: (keep(hops, form), form.hop in moment and die())[0]
        elif moment.endswith("is made"):
            run = Step.run
            Step.run = lambda step: (run(step), step.hop + " " in moment and die())[0]
        return lambda hop, done, total: die() if moment == f"{hop} begins" else None

    def convert(job, moment=None):
        child = os.fork()  # what was imported serves all, and each conversion has a process of its own
        if child == 0:
            said = []
            story.convert(job, say=said.append, report=at(moment) if moment else lambda *_: None)
            print(moment, [line.split(":")[0].strip() for line in said if ": taken as" in line], flush=True)
            os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    job = config_from_dict(json.loads(sys.argv[1]), "test")
    out = job.convert.out
    assert convert(job) == 0
    whole = out.rename(out.with_name("whole"))
    for moment in sys.argv[2:]:
        assert convert(job, moment) == -signal.SIGKILL, moment
        assert not out.exists(), moment
        assert convert(job) == 0, moment
        names = sorted(path.relative_to(whole) for path in whole.rglob("*") if path.is_file())
        assert names == sorted(path.relative_to(out) for path in out.rglob("*") if path.is_file()), moment
        assert filecmp.cmpfiles(whole, out, names, shallow=False)[1:] == ([], []), moment
        assert {path.name for path in out.parent.iterdir()} == {"models", "whole"}, moment
        shutil.rmtree(out)
"""


@pytest.mark.slow
def test_a_killed_conversion_goes_on_to_the_same_bytes(tiny_onnx: Path, tmp_path: Path) -> None:
    settings = tiny_settings(tiny_onnx, tmp_path / "work" / "models")
    settings["convert"] |= {"precisions": ["fp32", "fp16", "int8"], "int8": INT8, "parity": INT8_PARITY}
    settings["evaluate"] = {"variants": ["onnx"], "worst": 1}

    command = sys.executable, "-c", textwrap.dedent(PROGRAM), json.dumps(settings), *MOMENTS
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    taken = [line.removeprefix("None ") for line in done.stdout.splitlines()]
    hops = ["onnx", "onnx-simplified", "ir-fp32", "ir-fp16", "ir-int8"]
    assert taken == [str(hops[:number]) for number in (0, 0, 0, 3, 4, 5, 5)]
