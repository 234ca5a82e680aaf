"""Text in XML, read back by a parser: nothing in it is markup, and no character makes the file unreadable."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hostile_texts import HOSTILE

from configs.text import visible
from eval.gate.output import write_junit
from eval.gate.verdict import GateReport, GateRow
from eval.presentation.xml import xml_text


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_junit_shows_names_and_reasons_as_they_are(text: str, tmp_path: Path) -> None:
    rows = (GateRow("original", text, text, "fail", reason=text), GateRow("original", text, text, "pass"))

    write_junit(tmp_path / "junit.xml", GateReport(rows))

    root = ET.fromstring((tmp_path / "junit.xml").read_bytes())
    assert [child.tag for child in root.iter()] == [
        *("testsuites", "testsuite", "testcase", "failure", "testcase", "system-out"),
    ]
    for case in root.iter("testcase"):
        assert case.attrib == {"classname": f"gate.original.{xml_text(text)}", "name": xml_text(text)}
    [failure] = root.iter("failure")
    assert failure.get("message") == visible(text, keep="\n\t")
