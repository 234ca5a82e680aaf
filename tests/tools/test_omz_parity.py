"""Open Model Zoo's converter as the comparison calls it: by a program that stands for it, and the real one."""

import os
import shutil
from pathlib import Path

import pytest
from tiny_model import SIZE, tiny_config

from configs.errors import ConversionError, MattekitError, ParityError, UsageError
from configs.schema import Config
from configs.sizes import size_text
from converter.convert import convert
from converter.forms.record import Conversion
from eval.bench.output import write_bench_files
from eval.bench.run import BenchOptions, bench
from eval.bench.timing import Length
from eval.pipeline.evaluate import evaluate
from eval.run.stored import write_run
from tools.omz_parity import converting
from tools.omz_parity import run as tool
from tools.omz_parity.converting import MODEL, convert_as_omz
from tools.omz_parity.record import parity_page
from tools.omz_parity.run import PAIRS, compare, require_parity
from tools.published_recipe.convert import OMZ_ENVIRONMENT

REAL = OMZ_ENVIRONMENT / "bin/omz_converter"
CONVERTS = """#!/usr/bin/env python3
import pathlib, shutil, sys
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
assert (pathlib.Path(given["-d"]) / "public" / given["--name"] / "bgm_mobilenetv2.onnx").read_bytes()
assert shutil.which("mo"), "Unable to locate Model Optimizer"
for name in given["--precisions"].split(","):
    folder = pathlib.Path(given["-o"]) / "public" / given["--name"] / name
    folder.mkdir(parents=True)
    for end in (".xml", ".bin"):
        shutil.copy(f"{models}/{name.lower()}/model{end}", folder / (given["--name"] + end))
"""


def environment(folder: Path, program: str) -> Path:
    """Return an environment whose `omz_converter` is this program, and which has an `mo`."""
    (folder / "bin").mkdir(parents=True)
    for name, text in (("omz_converter", program), ("mo", "#!/bin/sh\n")):
        file = folder / "bin" / name
        file.write_text(text, encoding="utf-8")
        file.chmod(0o755)
    return folder


@pytest.fixture
def any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the comparison take the tiny network's size."""
    monkeypatch.setattr("tools.omz_parity.converting.SIZE", SIZE)


@pytest.fixture(scope="module")
def bare(tiny_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tiny network's IRs without the contract that they carry, as another program would make them."""
    import openvino

    folder = tmp_path_factory.mktemp("bare")
    for name in ("fp32", "fp16"):
        text = (tiny_models / name / "model.xml").read_text(encoding="utf-8")
        (folder / name).mkdir()
        (folder / name / "model.xml").write_text(
            text.replace("<mattekit>", "<other>").replace("</mattekit>", "</other>")
        )
        shutil.copy(tiny_models / name / "model.bin", folder / name)
        assert not openvino.Core().read_model(folder / name / "model.xml").has_rt_info(["mattekit", "contract"])
    return folder


def test_another_size_than_omz_s_is_refused(tiny_models: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"for 1280x720 alone, found 96x64; .* --size 1280x720"):
        convert_as_omz(Conversion.read(tiny_models), tiny_models, tmp_path, tmp_path / "omz")


@pytest.mark.usefixtures("any_size")
def test_its_irs_are_made_of_our_onnx_and_made_anew(tiny_models: Path, bare: Path, tmp_path: Path) -> None:
    fake = environment(tmp_path / "env", CONVERTS.replace("{models}", str(bare)))
    out = tmp_path / "omz"
    for _ in range(2):
        irs = convert_as_omz(Conversion.read(tiny_models), tiny_models, fake, out)
        assert {name: path.name for name, path in irs.items()} == dict.fromkeys(("fp32", "fp16"), f"{MODEL}.xml")
        assert all(path.is_file() and path.with_suffix(".bin").is_file() for path in irs.values())
    (out / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"mine\.txt"):
        convert_as_omz(Conversion.read(tiny_models), tiny_models, fake, out)


@pytest.mark.usefixtures("any_size")
@pytest.mark.parametrize(
    ("program", "error", "says"),
    [
        (None, UsageError, r"bin/omz_converter: no omz_converter here; run `make omz-env`"),
        (
            "#!/bin/sh\necho 'Unable to locate it'; exit 1\n",
            ConversionError,
            r"exit 1.*left no .*\n.*Unable to locate it",
        ),
        ("#!/bin/sh\nexit 0\n", ConversionError, r"exit 0\), and left no public/.*/FP32/.*\.xml behind"),
    ],
    ids=["not installed", "fails", "leaves nothing"],
)
def test_what_goes_wrong_is_named_and_nothing_written(
    tiny_models: Path, tmp_path: Path, program: str | None, error: type[MattekitError], says: str
) -> None:
    place = tmp_path / "env"
    if program is not None:
        environment(place, program)
    with pytest.raises(error, match=f"(?s){says}"):
        convert_as_omz(Conversion.read(tiny_models), tiny_models, place, tmp_path / "omz")
    assert not (tmp_path / "omz").exists()


@pytest.fixture(scope="module")
def job(tiny_onnx: Path, tiny_models: Path, tiny_set: Path, bare: Path) -> Config:
    theirs = {name: f"{bare / weights}/model.xml@{ours.partition('@')[2]}" for ours, name, weights in PAIRS}
    variants = ["onnx", *(ours for ours, _, _ in PAIRS)]
    return tiny_config(tiny_onnx, tiny_models, tiny_set, evaluate={"variants": variants, "models": theirs})


def test_the_comparison_says_what_is_equal_and_what_it_costs(job: Config, tmp_path: Path) -> None:
    write_run(tmp_path, evaluate(job))
    record, rows = bench(job, BenchOptions(length=Length(6), different=1, warmup=0, throughput=False))
    write_bench_files(tmp_path, record, rows)
    places = {name: model.path for name, model in job.evaluate.models.items()}

    found = compare(job, Conversion.read(job.convert.out), places, tmp_path, 2)
    assert [(pair.ours.variant, pair.theirs.variant) for pair in found.pairs] == [pair[:2] for pair in PAIRS]
    for pair in found.pairs:
        # The very same graphs: whatever is told apart is a fault of the comparison.
        assert pair.parity.alpha.max == 0 and pair.ours.metrics == pair.theirs.metrics
        assert pair.contract.how == "proved" and pair.speed.interval is not None
        assert abs(pair.ours.size_bytes - pair.theirs.size_bytes) < 100
    require_parity(job, found)
    page = parity_page(found)
    assert "| `ir-fp32@f32` | `omz-fp32` | f32 | 0 | 0 | 0 | 0 | 0 |" in page
    assert page.count("| `omz-fp16` | Alpha MAD |") == 1

    first, *others = found.pairs
    alpha = first.parity.alpha.model_copy(update={"mean": 0.1})
    worse = first.model_copy(update={"parity": first.parity.model_copy(update={"alpha": alpha})})
    apart = found.model_copy(update={"pairs": (worse, *others)})
    with pytest.raises(ParityError, match=r"ir-fp32@f32 and omz-fp32: mean \|alpha difference\| 0\.1"):
        require_parity(job, apart)


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_file(), reason="`make omz-env` installs openvino-dev")
def test_the_real_converter_s_irs_are_ours(tiny_onnx: Path, tiny_set: Path, tmp_path: Path) -> None:
    models, large = tmp_path / "models", {"size": size_text(converting.SIZE)}
    record = convert(tiny_config(tiny_onnx, models, convert=large), say=lambda _: None)
    irs = convert_as_omz(record, models, OMZ_ENVIRONMENT, tmp_path / "omz")
    theirs = {f"omz-{weights}": str(path) for weights, path in irs.items()}
    keys = {"variants": ["onnx", "ir-fp32@f32"], "models": theirs}
    results = evaluate(tiny_config(tiny_onnx, models, tiny_set, evaluate=keys, convert=large)).results
    for name in theirs:
        variant = results.variant(name)
        assert variant is not None and variant.contract is not None
        assert "src (source) BGR, bgr (background) BGR, NCHW f32 0..255" in variant.contract.takes


def test_the_commands_are_those_that_a_user_types(tmp_path: Path) -> None:
    evaluating, timing = tool._commands(Path("job.yaml"), {"omz-fp32": "a.xml@f32"}, tmp_path, 3)
    assert evaluating[:5] == ["evaluate", "--config", "job.yaml", "--model", "omz-fp32=a.xml@f32"]
    assert timing[-4:] == [str(tmp_path), "--frames", "3", "--no-throughput"]
    assert os.path.commonpath([evaluating[-2], timing[-4]]) == str(tmp_path)
