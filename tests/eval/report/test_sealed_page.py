"""No request can leave the page: nothing in it is an address, and its policy would forbid what asked for one."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from eval_runs import MakeRun
from html_pages import SHIFT, write_page, write_pictured

from configs.schema import GateSection
from datasets.samples.sample import Sample
from eval.report.html.page import plot_script
from eval.report.html.sealing import policy, without_addresses

SERVER = re.compile(r"(?:https?|wss?|ftp):\\?/\\?/(?!www\.w3\.org/)[\w$]|[\"'(]//[a-z]")
FETCHING = {"src", "srcset", "poster", "data", "action", "formaction", "ping", "background", "manifest", "imagesrcset"}


class Parts(HTMLParser):
    """What a browser would act on: attributes, styles and scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str, str]] = []
        self.code = {"style": "", "script": ""}
        self.metas: list[dict[str, str | None]] = []
        self._open = ""
        self._runs = True
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag == "meta":
            self.metas.append(dict(attrs))
        self._open = tag if tag in self.code else ""
        self._runs = not dict(attrs).get("type")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open and self._runs:
            self.code[self._open] += data


@pytest.fixture
def html(tmp_path: Path, make_run: MakeRun, gate: GateSection, sample: Sample) -> str:
    write_pictured(tmp_path / "run", make_run(SHIFT), sample)
    return write_page(tmp_path / "run", gate).read_text(encoding="utf-8")


def test_no_attribute_or_style_has_an_address_to_fetch(html: str) -> None:
    parts = Parts(html)
    fetched = [value for _, name, value in parts.attributes if name in FETCHING]
    assert fetched
    assert {value.partition(":")[0] for value in fetched} == {"data"}
    assert [value for tag, name, value in parts.attributes if tag == "link" and name == "href"] == ["data:,"]
    assert not {tag for tag, _, _ in parts.attributes} & {"iframe", "object", "embed", "base", "form"}
    styles = [parts.code["style"], *(value for _, name, value in parts.attributes if name == "style")]
    assert not [style for style in styles if "url(" in style or "@import" in style]


def test_no_server_is_named_in_the_page_or_in_what_it_unpacks(html: str) -> None:
    assert SERVER.search("a='https://example.org/x'")
    assert SERVER.findall(html) == []
    assert SERVER.findall(plot_script().decode()) == []
    assert b"Licensed under the MIT license" in plot_script()[:400]


def test_taking_addresses_out_leaves_the_script_around_them() -> None:
    script = (
        b"""/* https://a.org/b */ x={u:"https://c.org/{z}/{x}?y=1",n:"http://www.w3.org/2000/svg"};r=/^https?:\\/\\//"""
    )
    assert without_addresses(script) == b"""/*  */ x={u:"",n:"http://www.w3.org/2000/svg"};r=/^https?:\\/\\//"""


def test_the_policy_forbids_all_but_the_page_s_own_scripts(html: str) -> None:
    parts = Parts(html)
    [given] = [str(meta["content"]) for meta in parts.metas if meta.get("http-equiv") == "Content-Security-Policy"]
    assert given == policy((parts.code["script"].encode(), plot_script()))
    rules = dict(rule.strip().split(" ", 1) for rule in given.split(";"))
    assert rules["default-src"] == "'none'"
    assert (rules["form-action"], rules["base-uri"]) == ("'none'", "'none'")
    assert rules["img-src"] == "data: blob:"
    assert "unsafe" not in rules["script-src"]
    own = base64.b64encode(hashlib.sha256(parts.code["script"].encode()).digest()).decode()
    assert f"'sha256-{own}'" in rules["script-src"]
    assert html.index("Content-Security-Policy") < html.index("<style")
