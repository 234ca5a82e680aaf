"""The configuration reader: what it accepts, and what its errors tell."""

from pathlib import Path
from typing import Any

import pytest

from configs.errors import OldForm, UsageError
from configs.load import config_from_dict, config_of, load_config, override
from configs.schema import Config, ConvertSection, GateSection, ModelSection, Tolerance

REPOSITORY = Path(__file__).parents[2]


def _written(folder: Path, text: str) -> Path:
    path = folder / "job.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_committed_default_states_the_defaults_of_the_schema() -> None:
    loaded, plain = load_config(REPOSITORY / "configs/default.yaml"), Config()
    for section in ("name", "model", "convert", "dataset", "evaluate"):
        assert getattr(loaded, section) == getattr(plain, section), section
    bundled = {"baseline": Path("configs/baselines/default.json"), "minimum_samples": 8}
    assert loaded.gate == plain.gate.model_copy(update=bundled)


def test_a_minimal_job_has_limits_for_every_precision_and_no_baseline(tmp_path: Path) -> None:
    gate = load_config(_written(tmp_path, "model: {checkpoint: mine.pth}\n")).gate
    assert gate.baseline is None
    for key in ("against_original", "agreement", "against_baseline"):
        assert list(getattr(gate, key)) == ["f32", "f16", "bf16", "int8"], key
    assert gate.against_original["f32"]["alpha_mad"] == Tolerance(absolute=0.05, largest=0.2)
    assert gate.against_baseline["bf16"]["alpha_grad"].direction == "both"


@pytest.mark.parametrize(
    "text", ["{f32: {alpha_mad: {absolute: 0.7}}}", "{f32: {alpha_mad: {absolute: 0.7}}, bf16: {}}"]
)
def test_one_limit_of_a_job_leaves_all_others_as_they_are(tmp_path: Path, text: str) -> None:
    given = load_config(_written(tmp_path, f"gate: {{against_original: {text}}}\n")).gate
    usual = GateSection()
    assert given.against_original["f32"].pop("alpha_mad") == Tolerance(absolute=0.7, largest=0.2)
    assert usual.against_original["f32"].pop("alpha_mad") == Tolerance(absolute=0.05, largest=0.2)
    assert given == usual


def test_absolute_and_relative_are_one_limit_of_which_a_job_gives_all(tmp_path: Path) -> None:
    text = "gate: {against_baseline: {f32: {alpha_mad: {absolute: 0.001}, alpha_mse: {largest: 0.3}}}}"
    limits = load_config(_written(tmp_path, text)).gate.against_baseline["f32"]
    assert limits["alpha_mad"] == Tolerance(absolute=0.001, largest=0.05, direction="both")
    assert limits["alpha_mse"] == Tolerance(absolute=0.02, relative=0.005, largest=0.3, direction="both")


def test_null_takes_a_limit_or_a_precision_away_and_a_further_metric_is_judged_too(tmp_path: Path) -> None:
    text = "gate: {agreement: {f16: null, f32: {alpha_mad: null, alpha_conn: {absolute: 2}}}}\n"
    agreement = load_config(_written(tmp_path, text)).gate.agreement
    assert list(agreement) == ["f32", "bf16", "int8"]
    assert list(agreement["f32"]) == ["alpha_mse", "alpha_grad", "foreground_mse", "alpha_conn"]
    # What was read is taken as it is, by options and by who reads a stored run.
    assert override(Config(gate=GateSection(agreement=agreement)), {}, "here").gate.agreement == agreement


@pytest.mark.parametrize("given", [3, "x", [1], {"f32": 3}, {"f32": {"alpha_mad": 3}}, {"f32": [1]}, None])
def test_limits_that_are_no_table_are_refused_by_their_key(given: object) -> None:
    with pytest.raises(UsageError, match=r"here: wrong configuration\n  gate\.agreement.*: expected .*, found"):
        config_of({"gate": {"agreement": given}}, "here")


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n", "{}"])
def test_an_empty_file_is_the_default_job(tmp_path: Path, text: str) -> None:
    assert load_config(_written(tmp_path, text)) == Config()


def test_given_keys_win_and_the_others_keep_their_defaults(tmp_path: Path) -> None:
    config = load_config(_written(tmp_path, "dataset: {seed: 7, size: 96x64}\n"))
    assert (config.dataset.seed, config.dataset.size, config.dataset.count) == (7, (64, 96), 36)
    assert config.convert == Config().convert


def test_numbers_in_scientific_notation_are_numbers(tmp_path: Path) -> None:
    text = "convert: {parity: {tolerances: {onnx: {mean: 1e-5, quantile: 2e-4, cells: 0}}}}"
    assert load_config(_written(tmp_path, text)).convert.parity.tolerances["onnx"].quantile == 2e-4


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"evalute": {}}, "evalute: unknown key; did you mean `evaluate`?"),
        ({"model": {"chekpoint": "a"}}, "model.chekpoint: unknown key; did you mean `checkpoint`?"),
        (
            {"gate": {"against_original": {"f32": {"alpha_mad": {"absolut": 1}}}}},
            r"gate.against_original.f32.alpha_mad.absolut: unknown key; did you mean `absolute`? "
            "(known here: absolute, relative, largest, direction)",
        ),
        (
            {"convert": {"parity": {"tolerances": {"onnx": {"mean": 0, "quantile": 0, "cels": 0}}}}},
            "convert.parity.tolerances.onnx.cels: unknown key; did you mean `cells`?",
        ),
    ],
)
def test_an_unknown_key_gets_the_nearest_known_one(content: dict[str, Any], expected: str) -> None:
    with pytest.raises(UsageError) as caught:
        config_from_dict(content, "job.yaml")
    assert str(caught.value).startswith("job.yaml: wrong configuration\n")
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"dataset": {"count": 0}}, r"dataset\.count: .*greater than 0, found 0"),
        ({"dataset": {"plate": "crooked"}}, r"dataset\.plate: .*expected 'exact' or 'handheld', found 'crooked'"),
        ({"dataset": {"path": "synthetic", "plate": "handheld"}}, "`plate: handheld` is made for `path: people` alone"),
        ({"dataset": {"path": "./people", "plate": "handheld"}}, "compose such a set with `mattekit dataset compose"),
        ({"dataset": {"size": [1, 2, 3]}}, r"dataset\.size: expected at most 2 values, found 3"),
        ({"convert": {"size": (0, 1280)}}, r"convert\.size\.0: .*greater than 0"),
        ({"convert": {"precisions": ["fp31"]}}, r"convert\.precisions\.0: .*'fp32', 'fp16' or 'int8', found 'fp31'"),
        ({"evaluate": {"variants": []}}, r"evaluate\.variants: .*at least 1"),
        ({"model": {"checkpoint": "a", "onnx": "b"}}, "give exactly one of `checkpoint` and `onnx`"),
        ({"model": {"checkpoint": None}}, "give exactly one of `checkpoint` and `onnx`"),
        ({"model": None}, r"model: expected a section of keys with values, found nothing"),
        ({1: 2}, "1: expected a text as the key, found 1"),
        ({"gate": {"against_original": {"f32": {"x": {"absolute": float("nan")}}}}}, "finite number"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_found(content: dict[Any, Any], expected: str) -> None:
    with pytest.raises(UsageError, match=expected):
        config_from_dict(content, "job.yaml")


def test_every_problem_of_a_file_is_listed_at_once(tmp_path: Path) -> None:
    path = _written(tmp_path, "dataset: {count: -1, sede: 3}\nmodell: {}\n")
    with pytest.raises(UsageError) as caught:
        load_config(path)
    lines = str(caught.value).splitlines()
    assert lines[0] == f"{path}: wrong configuration"
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["dataset.count", "dataset.sede", "modell"]


def test_precisions_given_twice_count_once() -> None:
    config = config_from_dict({"convert": {"precisions": ["fp16", "fp32", "fp16"]}}, "job.yaml")
    assert config.convert.precisions == ("fp16", "fp32")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.yaml: the configuration cannot be read \(No such file"):
        load_config(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model: [unclosed\n", r"job\.yaml: not valid YAML: .*line 2"),
        ("- a\n- b\n", r"expected a mapping of sections at the top, found list"),
        ("just words", r"expected a mapping of sections at the top, found str"),
        ("model: !!python/object/apply:os.system ['true']\n", "not valid YAML: could not determine a constructor"),
        ("dataset: {seed: 1}\nmodel: {}\ndataset: {seed: 2}\n", r"the key `dataset` is given twice.*line 3"),
        ("dataset: {seed: 1, seed: 2}\n", "the key `seed` is given twice"),
        ("{[a, b]: 1}", "not valid YAML: .*unhashable key"),
    ],
)
def test_a_file_that_is_no_mapping_in_yaml_says_so(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(UsageError, match=f"(?s){expected}"):
        load_config(_written(tmp_path, text))


def test_bytes_that_are_not_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    path.write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(UsageError, match="is not text in UTF-8"):
        load_config(path)


def test_an_extended_file_gives_what_the_other_leaves_out(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("name: base\ndataset: {count: 3, seed: 5}\n", encoding="utf-8")
    path = tmp_path / "small.yaml"
    path.write_text("extends: base.yaml\ndataset: {count: 1}\n", encoding="utf-8")
    config = load_config(path)
    assert (config.name, config.dataset.count, config.dataset.seed) == ("base", 1, 5)


def test_a_file_that_extends_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("extends: two.yaml\n", encoding="utf-8")
    (tmp_path / "two.yaml").write_text("extends: one.yaml\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"one\.yaml: the configuration extends itself"):
        load_config(tmp_path / "one.yaml")


@pytest.mark.parametrize(
    ("text", "expected"), [("extends: 3\n", "name of a configuration"), ("extends: no.yaml", "no.yaml")]
)
def test_extending_what_is_no_file_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "job.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=expected):
        load_config(tmp_path / "job.yaml")


def test_ci_judges_by_the_default_limits() -> None:
    ci, default = load_config(Path("configs/ci.yaml")), load_config()
    assert ci.gate.require_baseline
    assert ci.gate.replaced(baseline=default.gate.baseline, require_baseline=False) == default.gate


def test_changed_values_stand_and_the_others_stay() -> None:
    config = override(Config(), {"convert.out": Path("mine"), "dataset.limit": 3, "gate.minimum_samples": 5}, "here")
    assert (config.convert.out, config.dataset.limit, config.gate.minimum_samples) == (Path("mine"), 3, 5)
    assert config.convert.precisions == Config().convert.precisions
    assert override(config, {}, "here") == config


def test_none_sets_null() -> None:
    assert override(override(Config(), {"dataset.limit": 3}, "here"), {"dataset.limit": None}, "here") == Config()
    changes = {"model.checkpoint": None, "model.onnx": Path("a.onnx")}
    assert override(Config(), changes, "here").model == ModelSection(checkpoint=None, onnx=Path("a.onnx"))


def test_a_whole_section_can_be_replaced_and_then_changed() -> None:
    onnx = ModelSection(onnx=Path("a.onnx"), refine_threshold=0.5)
    assert override(Config(), {"model": onnx}, "here").model == onnx
    changed = override(Config(), {"model": onnx, "model.refine_threshold": 0.7}, "here").model
    assert (changed.onnx, changed.refine_threshold) == (Path("a.onnx"), 0.7)


def test_a_key_of_a_section_that_is_null_starts_from_its_defaults() -> None:
    recipe = override(Config(), {"dataset.recipe.backgrounds": 7}, "here").dataset.recipe
    assert recipe is not None
    assert (recipe.backgrounds, recipe.kind) == (7, "aisegment")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"model.onnx": Path("a.onnx")}, "model: .*give exactly one of `checkpoint` and `onnx`"),
        ({"dataset.path": "mine", "dataset.plate": "handheld"}, "dataset: .*made for `path: people` alone"),
        ({"dataset.count": None}, r"dataset\.count: expected a whole number, found nothing"),
        ({"convert.siz": (4, 4)}, "convert.siz: unknown key; did you mean `size`"),
        ({"convrt.out": "a"}, "convrt: unknown key; did you mean `convert`"),
    ],
)
def test_changes_are_checked_with_all_the_rest(changes: dict[str, object], expected: str) -> None:
    with pytest.raises(UsageError, match=rf"(?s)^--these, --options: wrong configuration\n  {expected}"):
        override(Config(), changes, "--these, --options")


def test_a_section_with_keys_replaced_is_checked() -> None:
    model = ModelSection(onnx=Path("a.onnx"), refine_threshold=0.5).replaced(checkpoint=Path("b.pth"), onnx=None)
    assert model == ModelSection(checkpoint=Path("b.pth"), refine_threshold=0.5)
    with pytest.raises(ValueError, match="give exactly one"):
        model.replaced(onnx=Path("a.onnx"))


def test_a_size_of_old_is_read_height_first_and_says_how_it_is_written_now(tmp_path: Path) -> None:
    path = _written(tmp_path, "convert: {input_shape: [288, 512]}\ndataset: {size: [64, 96]}\n")
    with pytest.warns(OldForm) as warned:
        config = load_config(path)

    assert (config.convert.size, config.dataset.size) == ((288, 512), (64, 96))
    assert [str(warning.message) for warning in warned] == [
        f"{path}: convert.input_shape: [288, 512] has the height first; write size: 512x288",
        f"{path}: dataset.size: [64, 96] has the height first; write size: 96x64",
    ]


def test_a_stored_job_keeps_its_size_whatever_version_stored_it() -> None:
    convert = ConvertSection(size=(288, 512))

    assert convert.model_dump(mode="json")["size"] == "512x288"
    assert ConvertSection.model_validate(convert.model_dump(mode="json")) == convert
    assert ConvertSection.model_validate({"input_shape": [288, 512]}) == convert


@pytest.mark.parametrize("text", ["1280", "1280x", "0x720", "1280X720", "1280x720x3", "-1x5", "1280.0x720"])
def test_what_is_no_size_is_refused_with_the_form_expected(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match=r"convert\.size: .*expected WIDTHxHEIGHT such as 1280x720"):
        load_config(_written(tmp_path, f"convert: {{size: {text!r}}}\n"))
