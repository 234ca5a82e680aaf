"""Promises of the README and the pages below docs/ that a machine can hold: commands, links, codes, figures."""

import ast
import inspect
import re
import tomllib
from pathlib import Path

import pytest
from command_lines import SPAN, command_lines, parse_mattekit

import mattekit
from configs.errors import MattekitError
from configs.load import load_config
from eval.attribution.record import Attribution
from eval.attribution.text import attribution_page
from eval.gate.judge import judge_original
from eval.gate.verdict import INCONCLUSIVE_EXIT
from eval.report.content import Judgement
from eval.report.markdown import render_markdown
from eval.report.stored import stored_content
from eval.run.results import Results
from eval.run.stored import read_run
from mattekit import api
from mattekit.terminal.endings import INTERNAL_ERROR

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "reports/example/report.md"
README = (ROOT / "README.md").read_text(encoding="utf-8")
INDEX = ROOT / "docs/README.md"
PAGES = {
    path: path.read_text(encoding="utf-8")
    for path in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")))
}
WORKFLOW_PAGE = re.compile(r"\.\./\.\./actions/workflows/([\w.-]+\.yml)(?:/badge\.svg)?")
"""Where GitHub shows a workflow, from a README at the repository's root; the file is in .github/workflows."""
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
VERB_LINES = sorted({line for text in PAGES.values() for line in command_lines(text, "mattekit")})
MAKE_LINES = sorted({line for text in PAGES.values() for line in command_lines(text, "make")})
MAKE_WORDS = {word for line in MAKE_LINES for word in line}
TARGETS = set(re.findall(r"^([a-z][a-z-]*):(?!=)", MAKEFILE, re.MULTILINE))


@pytest.mark.parametrize("arguments", VERB_LINES, ids=" ".join)
def test_every_mattekit_command_has_an_existing_verb_with_existing_options(arguments: tuple[str, ...]) -> None:
    parse_mattekit(arguments)


@pytest.mark.parametrize("arguments", MAKE_LINES, ids=" ".join)
def test_every_make_command_has_an_existing_target(arguments: tuple[str, ...]) -> None:
    assert {word for word in arguments if "=" not in word} <= TARGETS


def test_the_daily_commands_are_there() -> None:
    assert {"convert", "evaluate", "gate", "test"} <= MAKE_WORDS
    assert {"convert", "evaluate", "gate"} <= {arguments[0] for arguments in VERB_LINES if arguments}


def test_the_help_of_make_names_every_target() -> None:
    explained = set(re.findall(r"^([a-z-]+):.*## \S", MAKEFILE, re.MULTILINE))
    assert explained == TARGETS
    [phony] = re.findall(r"^\.PHONY: (.*)", MAKEFILE, re.MULTILINE)
    assert set(phony.split()) == TARGETS


@pytest.mark.parametrize("path", [".ci/run", "Makefile"])
def test_the_commands_that_scripts_run_parse(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8").replace("$(CONFIG)", "configs/default.yaml")
    found = re.findall(r"/mattekit (.*?)(?: \|\| .*)?$", text, re.MULTILINE)
    assert found
    for arguments in found:
        parse_mattekit(tuple(arguments.split()))


def test_the_table_of_exit_codes_is_that_of_the_errors() -> None:
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    assert codes == {0, INCONCLUSIVE_EXIT, INTERNAL_ERROR} | {kind.exit_code for kind in MattekitError.__subclasses__()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_into_the_repository_leads_somewhere(page: Path) -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)", PAGES[page]) if "://" not in link]
    assert links or page.name in {"power.md", "CHANGELOG.md"}  # a table as the command prints it; a list
    assert [link for link in links if not _leads_somewhere(page, link)] == []


def _leads_somewhere(page: Path, link: str) -> bool:
    workflow = WORKFLOW_PAGE.fullmatch(link) if page == ROOT / "README.md" else None
    return (page.parent / link if workflow is None else ROOT / ".github/workflows" / workflow[1]).exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_to_a_heading_finds_it(page: Path) -> None:
    for target, heading in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", PAGES[page]):
        text = (page.parent / target).read_text(encoding="utf-8") if target else PAGES[page]
        assert heading in _anchors(text), (target, heading)


def _anchors(text: str) -> set[str]:
    """Return the headings of a page as GitHub spells them in links."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_is_linked_from_the_readme_or_the_index() -> None:
    """What the README leaves out is in the index, which names a page once."""
    assert f"({INDEX.relative_to(ROOT).as_posix()})" in README
    pages = {page.name for page in (ROOT / "docs").iterdir() if page.suffix in {".md", ".ipynb", ".yml"}} - {INDEX.name}
    linked = re.findall(r"\]\(([\w.-]+)\)", PAGES[INDEX])
    assert len(linked) == len(set(linked))
    assert pages - set(linked) - {page.name for page in PAGES if f"(docs/{page.name})" in README} == set()
    above = {Path(link).name for link in re.findall(r"\]\(\.\./([\w.-]+)\)", PAGES[INDEX])}
    assert {page.name for page in PAGES if page.parent == ROOT} <= above


def test_the_python_of_the_readme_names_what_there_is() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    cells = re.findall(r"^\| `mattekit (\w+)[^|]*\| `(.+)` \|$", README, re.MULTILINE)
    assert blocks and cells
    imported = {
        alias.name
        for text in (*blocks, *SPAN.findall(README))
        if text.startswith("from mattekit import")
        for node in ast.parse(text).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert {"load", "convert", "evaluate"} == imported <= set(mattekit.__all__)
    for verb, call in cells:
        [called] = [node for node in ast.walk(ast.parse(call)) if isinstance(node, ast.Call)]
        assert ast.unparse(called.func).split(".")[-1] == verb
        function = getattr(api, verb, None) or getattr(api.Run, verb)
        assert {word.arg for word in called.keywords} <= set(inspect.signature(function).parameters)


def test_the_badges_say_what_the_project_says() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    shown = re.findall(r"img\.shields\.io/badge/(\w+)-([^-)]+)-\w+\)\]\((.+)\)", README)
    assert shown == [
        ("licence", project["license"], "LICENSE"),
        ("python", project["requires-python"].removeprefix(">=") + "%2B", "docs/install.md"),
    ]
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith(f"{project['license']} License")


def test_the_example_report_is_what_the_code_makes_of_its_results() -> None:
    gate, run = load_config(ROOT / "configs/default.yaml").gate, read_run(EXAMPLE.parent)
    content = stored_content(EXAMPLE.parent, run, Judgement(gate, judge_original(run, gate)))
    assert EXAMPLE.read_text(encoding="utf-8") == render_markdown(content)
    attribution = Attribution.read(EXAMPLE.parent)
    assert (EXAMPLE.parent / "attribution.md").read_text(encoding="utf-8") == attribution_page(attribution)


def test_the_readme_shows_the_table_of_the_example_report() -> None:
    [table] = re.findall(r"^\| Metric \| Unit \| Original `.*?\n\n", EXAMPLE.read_text(encoding="utf-8"), re.M | re.S)
    assert table in README


def test_the_card_of_the_checkpoint_gives_the_scores_of_the_example_report() -> None:
    metrics = Results.read(EXAMPLE.parent).variants[0].metrics
    names = ("alpha_mad", "alpha_mse", "alpha_grad", "foreground_mse")
    scores = " | ".join(f"{metrics[name].mean:.2f}" for name in names)
    assert f"| {scores} |" in (ROOT / "training/checkpoints/README.md").read_text(encoding="utf-8")
