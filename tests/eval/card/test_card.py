"""The card: the run's values in both languages, what is not known said to be so, nothing that does not match."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from eval_runs import MakeRun, with_facts

from configs.errors import DataError
from configs.text import visible
from eval.card.content import card_of, read_card
from eval.card.language import CARD_FILES, LANGUAGES, Language
from eval.card.page import card_markdown
from eval.card.rights import Rights
from eval.gate.verdict import GateReport, GateRow, Verdict
from eval.run.identity import RunModels
from eval.run.results import Results
from eval.run.stored import Run

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "reports/example"
GONE = RunModels("gone", ("gone",))
FAR = {"ir-fp16@default": 50.0}
SECTIONS = 9


def front(page: str) -> dict[str, Any]:
    """Return what a card's metadata say."""
    _, head, _ = page.split("---\n", 2)
    fields: dict[str, Any] = yaml.safe_load(head)
    return fields


def body(page: str) -> str:
    return page.split("---\n", 2)[2]


def of_model(run: Run, **changes: object) -> Run:
    """Return the run of another network."""
    assert run.results.model is not None
    return with_facts(run, model=run.results.model.model_copy(update=changes))


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder without models, as on a fresh clone."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_example_s_cards_are_what_the_code_makes_of_its_results(language: Language) -> None:
    """Whoever changes the card makes them anew: `mattekit card reports/example --language both` on a fresh clone."""
    assert (EXAMPLE / CARD_FILES[language]).read_text(encoding="utf-8") == card_markdown(read_card(EXAMPLE), language)


def test_both_languages_give_the_same_figures_names_and_commands() -> None:
    english, japanese = (body((EXAMPLE / CARD_FILES[language]).read_text(encoding="utf-8")) for language in LANGUAGES)

    for found in (r"`[^`\n]+`", r"[-+]?\d[\d,.]*\d", r"(?s)```sh\n.*?```"):
        spoken = [sorted(re.findall(found, page)) for page in (english, japanese)]
        assert spoken[0]
        assert set(spoken[0]) == set(spoken[1]), found
    assert english.count("\n## ") == japanese.count("\n## ") == SECTIONS
    assert not re.search("[ぁ-んァ-ヶ一-龠]", english)
    assert {"アルファマット", "前景", "背景プレート"} <= set(re.findall("アルファマット|前景|背景プレート", japanese))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_metadata_are_hugging_face_s_and_hold_the_run_s_values(language: Language) -> None:
    results = Results.read(EXAMPLE)

    fields = front((EXAMPLE / CARD_FILES[language]).read_text(encoding="utf-8"))

    assert {key: fields[key] for key in ("license", "language", "library_name", "pipeline_tag")} == {
        "license": "mit",
        "language": [language],
        "library_name": "openvino",
        "pipeline_tag": "image-segmentation",
    }
    [index] = fields["model-index"]
    [result] = index["results"]
    assert index["name"] == "background-matting-mobilenetv2"
    assert result["task"]["type"] == "image-segmentation"
    assert result["dataset"] == {
        "name": results.dataset.name,
        "type": results.dataset.name,
        "revision": results.dataset.manifest_sha256,
    }
    found = {(metric["args"]["variant"], metric["type"]): metric["value"] for metric in result["metrics"]}
    shown = [results.variant("torch"), results.variant("ir-fp16@default")]
    assert found == {(v.name, name): record.mean for v in shown if v is not None for name, record in v.metrics.items()}


def test_what_is_not_known_is_said_and_not_invented(make_run: MakeRun) -> None:
    page = card_markdown(card_of(make_run(), GONE))

    assert "license" not in front(page)
    assert "| Original: parameters, GFLOPs | not measured: the file that was converted is not here |" in page
    assert "- Weights: not known; ask whoever made them." in page
    assert "- Training data: not known here" in page
    assert re.search(r"Evaluation set, \S+: not known here\.", page)


def test_the_user_s_word_on_licences_is_taken(make_run: MakeRun) -> None:
    rights = Rights(weights="LicenseRef-Studio", training="Our own footage.")

    page = card_markdown(card_of(make_run(), GONE, rights=rights))

    assert (front(page)["license"], front(page)["license_name"]) == ("other", "LicenseRef-Studio")
    assert "- Training data: Our own footage." in page


@pytest.mark.parametrize(
    ("verdict", "shown", "english", "japanese"),
    [
        ("fail", "failed", "> **Failed**", "> **不合格**"),
        ("inconclusive", "inconclusive", "> **Inconclusive**", "> **判定不能**"),
    ],
)
@pytest.mark.parametrize("gated", [True, False], ids=["by the gate", "by itself"])
def test_a_verdict_that_did_not_pass_stands_at_the_top(
    make_run: MakeRun, gated: bool, verdict: Verdict, shown: str, english: str, japanese: str
) -> None:
    passed, found = (GateReport((GateRow("run", "ir-fp32@f32", "alpha_mad", each),)) for each in ("pass", verdict))
    card = replace(card_of(make_run(), GONE), judged=passed if gated else found, gated=found if gated else None)

    assert card.verdict == shown
    pages = [card_markdown(card, language) for language in LANGUAGES]
    for page, words in zip(pages, (english, japanese), strict=True):
        assert words in body(page).split("\n## ")[0]
        assert "`ir-fp32@f32` | alpha" in body(page).split("\n## ")[0]
    assert "Nothing was lost" not in pages[0]
    assert "劣化はありません" not in pages[1]


def test_drift_beyond_its_limit_fails(make_run: MakeRun) -> None:
    assert card_of(make_run(FAR), GONE).verdict == "failed"


def test_a_run_of_the_original_alone_is_said_to_be_no_conversion(make_run: MakeRun) -> None:
    run = make_run()
    only = run.table.loc[["torch"]]
    facts = run.results.model_copy(update={"variants": run.results.variants[:1], "drift": (), "tags": ()})

    page = card_markdown(card_of(Run(facts, only), GONE))

    assert "> **Not converted**" in page
    assert "Converted model" not in page
    assert front(page)["library_name"] == "pytorch"


@pytest.mark.usefixtures("toy_families")
def test_a_network_of_alpha_alone_is_described_by_its_own_contract(make_run: MakeRun) -> None:
    run = of_model(make_run(), architecture="alpha-only")

    english, japanese = (card_markdown(card_of(run, GONE), language) for language in LANGUAGES)

    assert "| `image` (input) | source image | 1,3,64,96 | N,C,H,W | f32 | 0..255 | BGR |" in english
    assert "| `matte` (output) | alpha matte | 1,1,64,96 | N,C,H,W | f32 | 0..1 | - |" in english
    assert "from the frame alone" in english
    assert "plate.jpg" not in english + japanese
    assert "background-matting" not in front(english)["tags"]
    assert not re.search(r"`fgr`|foreground stays RGB", english)
    assert "前景は RGB" not in japanese


def test_auxiliary_outputs_have_free_sides_and_are_said_to_be_unproved(make_run: MakeRun) -> None:
    page = card_markdown(card_of(of_model(make_run(), architecture="background-matting-v2-base"), GONE))

    assert "| `hid` (output) | auxiliary output | 1,32,\\*,\\* | N,C,H,W | f32 | - | - |" in page
    assert "nothing was proved of them or scored" in page


def test_names_that_others_chose_cannot_break_the_page(make_run: MakeRun) -> None:
    run = make_run()
    name = "a | b\n---\n# <b>big</b>"
    dataset = run.results.dataset.model_copy(update={"name": name})

    page = card_markdown(card_of(with_facts(run, dataset=dataset), GONE))

    assert front(page)["model-index"][0]["results"][0]["dataset"]["name"] == visible(name)
    assert body(page).count("\n## ") == SECTIONS
    assert "<b>" not in body(page)


@pytest.mark.usefixtures("elsewhere")
def test_a_changed_score_is_refused(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "run")
    results = json.loads((tmp_path / "run/results.json").read_text(encoding="utf-8"))
    results["variants"][0]["metrics"]["alpha_mad"]["mean"] = 1.0
    (tmp_path / "run/results.json").write_text(json.dumps(results), encoding="utf-8")

    with pytest.raises(DataError, match="are not of one run"):
        read_card(tmp_path / "run")


@pytest.mark.usefixtures("elsewhere")
def test_models_that_are_there_and_are_not_what_ran_are_refused(tmp_path: Path) -> None:
    model = tmp_path / "models/background-matting-mobilenetv2/model.onnx"
    model.parent.mkdir(parents=True)
    model.write_bytes(b"another")

    with pytest.raises(DataError, match=r"model\.onnx is not the file that ran"):
        read_card(EXAMPLE)


def test_a_run_that_does_not_name_its_network_is_refused(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "run")
    results = json.loads((tmp_path / "run/results.json").read_text(encoding="utf-8"))
    del results["model"]
    (tmp_path / "run/results.json").write_text(json.dumps(results), encoding="utf-8")

    with pytest.raises(DataError, match="does not say which network ran"):
        read_card(tmp_path / "run")
