"""The files that say what the project is agree with each other: version, licence, extras, rights and pins."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.rehearse_dockerfile import instructions
from tools.supply.install import NEWEST, OLDEST
from tools.supply.lock import PYTHONS

ROOT = Path(__file__).resolve().parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WORKFLOWS = sorted([*(ROOT / ".github/workflows").glob("*.yml"), ROOT / "docs/example-workflow.yml"])
USES = re.compile(r"^\s*(?:- )?uses: (\S+)(?: # (\S+))?$", re.MULTILINE)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda path: path.name)
def test_actions_are_pinned_by_commit_and_say_which_version_that_is(path: Path) -> None:
    used = [(action, version) for action, version in USES.findall(path.read_text(encoding="utf-8"))]
    others = [(action, version) for action, version in used if not action.startswith("OWNER/mattekit@")]
    assert others
    for action, version in others:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r"v\d+\.\d+\.\d+", version), action


def test_one_action_has_one_pin() -> None:
    pins = {
        (*action.split("@"), version)
        for path in (*WORKFLOWS, ROOT / "action.yml")
        for action, version in USES.findall(path.read_text(encoding="utf-8"))
    }
    assert len({action for action, _, _ in pins}) == len(pins)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_read_the_contents_and_write_no_more_than_comments(path: Path) -> None:
    workflow: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    rights = workflow["permissions"]
    assert rights.pop("contents") == "read"
    assert rights in ({}, {"pull-requests": "write"})
    assert bool(rights) == (path.name == "example-workflow.yml")
    assert not [name for name, job in workflow["jobs"].items() if "permissions" in job]
    assert "pull_request_target" not in workflow[True]


def test_the_citation_is_of_this_version_under_this_licence() -> None:
    citation = yaml.safe_load(read("CITATION.cff"))
    assert (citation["version"], citation["license"]) == (PROJECT["version"], PROJECT["license"])
    assert citation["authors"][0]["name"] == PROJECT["authors"][0]["name"]
    assert "the mattekit authors" in read("LICENSE")
    assert set(citation["keywords"]) == set(PROJECT["keywords"])


def test_the_changelog_has_this_version_below_what_is_to_come() -> None:
    versions = re.findall(r"^## \[(.+?)\]", read("CHANGELOG.md"), re.MULTILINE)
    assert versions[:2] == ["Unreleased", PROJECT["version"]]
    kinds = set(re.findall(r"^### (.+)$", read("CHANGELOG.md").partition("\n## [0.1.0]")[0], re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_lines_without_make_install_what_make_installs() -> None:
    [made] = re.findall(r"supply/install\.py ([\w ]+)\n\t@touch \$@\n\ninstall-import", read("Makefile"))
    extras = made.replace(" ", ",")
    assert f"pip install --constraint constraints.txt --editable '.[{extras}]'" in read("docs/install.md")
    shown = re.findall(r"^\| `(\w+)` \| ", read("docs/install.md"), re.MULTILINE)
    assert set(shown) == set(PROJECT["optional-dependencies"])


def test_the_dev_container_is_the_dockerfile_s() -> None:
    container = json.loads(read(".devcontainer/devcontainer.json"))
    build = container["build"]
    assert (ROOT / ".devcontainer" / build["dockerfile"]).resolve() == ROOT / "Dockerfile"
    assert (ROOT / ".devcontainer" / build["context"]).resolve() == ROOT
    [user] = [each.rest for each in instructions(read("Dockerfile")) if each.word == "USER"]
    assert container["remoteUser"] == user
    assert re.search(rf"^{container['postCreateCommand'].removeprefix('make ')}:", read("Makefile"), re.MULTILINE)


def test_the_package_names_the_pythons_that_it_wants_locks_and_tests() -> None:
    oldest = PROJECT["requires-python"].removeprefix(">=")
    named = re.findall(r"Programming Language :: Python :: (\d\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert named == list(PYTHONS)
    assert [f"{major}.{minor}" for major, minor in (OLDEST, NEWEST)] == [PYTHONS[0], PYTHONS[-1]]
    jobs = yaml.safe_load(read(".github/workflows/ci.yml"))["jobs"]
    assert jobs["newer-pythons"]["strategy"]["matrix"]["python-version"] == named[1:]
    assert oldest == named[0]
    assert f'python-version: "{oldest}"' in read(".github/workflows/ci.yml")
    assert any(each.rest.startswith(f"python:{oldest}-") for each in instructions(read("Dockerfile")))
