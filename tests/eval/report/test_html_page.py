"""`report.html` in a headless Chromium: no errors, no requests, and everything on it works by mouse and keyboard."""

import base64
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import html_browser
import pytest
from eval_runs import IDS, MakeRun, with_facts
from html_browser import END, ENTER, RIGHT, TAB, Browser
from html_pages import CREATED, SHIFT, write_page, write_pictured

from configs.schema import GateSection
from datasets.samples.sample import Sample
from eval.run.stored import write_run

WHY_NOT = html_browser.missing()
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)]

CHARTS = {"speed", "limits", "spread", "by-tag", "trend", "drift-trend"}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with html_browser.browser(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture(scope="module")
def loaded(
    opened: Browser,
    make_run: MakeRun,
    gate: GateSection,
    sample: Sample,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Open the page of a run with a past and return its path; loading takes seconds, so all tests share it."""
    reports = tmp_path_factory.mktemp("reports")
    for day in (1, 2):
        write_run(reports / f"test-{day}", with_facts(make_run(SHIFT), created=CREATED.format(day)))
    write_pictured(reports / "test-3", with_facts(make_run(SHIFT), created=CREATED.format(3)), sample)
    path = write_page(reports / "test-3", gate)
    opened.open(path)
    return path


@pytest.fixture
def page(opened: Browser, loaded: Path) -> Browser:
    """Return the browser at the page as it comes, but for how its table is sorted and what its sliders show."""
    opened.prefer("light")
    choose(opened, "#metric", "alpha_mad")
    choose(opened, "#scale", "log")
    opened.run(
        "const box = arguments[0]; box.value = ''; box.dispatchEvent(new Event('input'))", opened.find("#filter")
    )
    return opened


def choose(page: Browser, selector: str, value: str) -> None:
    script = (
        "const [box, value] = arguments; box.value = value; box.dispatchEvent(new Event('change')); return box.value"
    )
    assert page.run(script, page.find(selector), value) == value


def text(page: Browser, selector: str) -> str:
    return str(page.run("return arguments[0].innerText", page.find(selector)))


def head(page: Browser, name: str) -> dict[str, str]:
    """Return the button of a column of the table of samples."""
    script = "return [...document.querySelectorAll('#sample-table thead button')].find(each => each.innerText === '{}')"
    found: dict[str, str] = page.run(script.replace("{}", name))
    return found


def column(page: Browser, index: int) -> list[str]:
    script = "return [...document.querySelectorAll(arguments[0])].map(cell => cell.innerText)"
    found: list[str] = page.run(script, f"#sample-table tbody tr:not([hidden]) > :nth-child({index})")
    return found


def sorted_by(page: Browser) -> list[str]:
    script = (
        "return [...document.querySelectorAll('#sample-table thead th')].map(each => each.getAttribute('aria-sort'))"
    )
    found: list[str] = page.run(script)
    return found


def plot(page: Browser, name: str, part: str) -> Any:
    return page.run(f"return document.getElementById('{name}').{part}")


def test_it_loads_without_errors_and_without_network(opened: Browser, loaded: Path) -> None:
    assert opened.console() == []
    assert opened.requests() == [loaded.as_uri()]
    assert sorted_by(opened) == [*["none"] * 5, "descending"]
    assert "Nothing was lost" in text(opened, "#verdict")
    bottom = opened.run("return arguments[0].getBoundingClientRect().bottom", opened.find("#verdict"))
    assert bottom < 400  # on the first screen


def test_the_policy_stops_what_would_ask_for_something(page: Browser) -> None:
    """Were a library to try, nothing would leave: a server that listens is told nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        page.run(
            """
            const server = arguments[0];
            window.refused = [];
            document.addEventListener("securitypolicyviolation", (event) => refused.push(event.effectiveDirective));
            fetch(`${server}/share`).catch(() => {});
            navigator.sendBeacon(`${server}/beacon`, "x");
            new Image().src = `${server}/picture.png`;
            const form = document.createElement("form");
            Object.assign(form, { action: `${server}/upload`, method: "post" });
            document.body.append(form);
            form.submit();
            form.remove();
            """,
            f"http://127.0.0.1:{server.getsockname()[1]}",
        )
        page.wait_for("return refused.length >= 4")
        assert set(page.run("return refused")) == {"connect-src", "img-src", "form-action"}
        assert told(server) == b""
    page.requests()
    assert len(page.console()) >= 4  # each is told there, and nowhere else in these tests


def told(server: socket.socket) -> bytes:
    """Return what a server is sent; the browser connects ahead of a form that it then does not send."""
    received = b""
    server.settimeout(0.5)
    with suppress(TimeoutError):
        while True:
            connection, _ = server.accept()
            with connection, suppress(TimeoutError):
                connection.settimeout(0.5)
                received += connection.recv(4096)
    return received


def test_no_button_sends_a_chart_anywhere(page: Browser) -> None:
    buttons = page.run("return [...document.querySelectorAll('.modebar-btn')].map(each => each.dataset.title)")
    assert any("Download" in button for button in buttons)
    assert not [button for button in buttons if re.search("share|cloud|upload|edit in", button, re.I)]
    assert page.run("return document.getElementById('speed')._context.plotlyServerURL") == ""


def test_nothing_is_cut_off_on_a_desktop(page: Browser) -> None:
    assert page.run("return document.documentElement.scrollWidth <= innerWidth")
    wide = "[...document.querySelectorAll('.scroll')].filter(each => each.scrollWidth > each.clientWidth + 1)"
    assert page.run(f"return {wide}.map(each => each.getAttribute('aria-label'))") == []


def test_the_axis_of_latency_is_the_variants(page: Browser) -> None:
    assert plot(page, "speed", "layout.shapes.length") == 1  # the original's line
    right = plot(page, "speed", "layout.xaxis.range[1]")
    assert right == pytest.approx(1.05 * 37, rel=0.01)  # the 90 % quantile of 10, 20, 30, 40 ms


def test_every_plot_is_drawn(page: Browser) -> None:
    with_points = "[...document.querySelectorAll('.plot')].filter(each => each.querySelector('.main-svg .point'))"
    assert set(page.run(f"return {with_points}.map(each => each.id)")) == CHARTS
    assert page.run("return document.getElementById('plots-note').hidden")
    points = plot(page, "speed", "data.map(each => [each.name, each.y])")
    assert points[:2] == [["ir-fp32@f32 (ran in f32)", [0.05]], ["ir-fp16@default (ran in bf16)", [0.02]]]
    assert plot(page, "limits", "data.map(each => each.y)") == [[0.05, -0.02]]
    shapes = plot(page, "limits", "layout.shapes.map(each => [each.type, each.y0, each.y1])")
    assert [shape for shape in shapes if shape[0] == "line"] == [["line", 0.1, 0.1]] * 2  # no limit of improvements
    bottom = plot(page, "limits", "layout.yaxis.range[0]")
    assert [shape for shape in shapes if shape[0] == "rect"] == [["rect", bottom, 0.1]] * 2
    assert plot(page, "drift-trend", "data[0].y") == [0.05] * 3
    choose(page, "#scale", "linear")
    assert plot(page, "speed", "data.map(each => each.y)")[:2] == [[0.05], [-0.02]]


def test_a_column_sorts_up_and_down_by_its_button(page: Browser) -> None:
    page.click(head(page, "Tags"))
    page.click(head(page, "Sample"))
    assert column(page, 1)[0].startswith("a/0001")
    assert sorted_by(page) == ["ascending", *["none"] * 5]
    page.type(head(page, "Sample"), ENTER)  # by keyboard
    assert column(page, 1)[0].startswith("b/0002")
    assert sorted_by(page) == ["descending", *["none"] * 5]
    page.click(head(page, "Original"))
    assert sorted_by(page)[2] == "descending"
    assert column(page, 3) == ["7.000", "6.000", "5.000", "4.000"]
    page.click(head(page, "Original"))
    assert column(page, 3) == ["4.000", "5.000", "6.000", "7.000"]


def test_another_metric_changes_samples_and_plots(page: Browser) -> None:
    page.click(head(page, "Sample"))
    page.click(head(page, "Original"))
    page.click(head(page, "Original"))
    choose(page, "#metric", "foreground_mse")
    assert column(page, 3) == ["4.000", "5.000", "6.000", "-"]  # what is undefined stays below
    assert column(page, 4) == ["+0.0500"] * 3 + ["-"]
    assert "Foreground MSE" in text(page, "#sample-metric")
    assert plot(page, "limits", "layout.yaxis.title.text").startswith("Drift of Foreground MSE")
    assert page.console() == []


def test_the_table_can_be_filtered(page: Browser) -> None:
    page.type(page.find("#filter"), "MOTION")
    assert {each[:6] for each in column(page, 1)} == {"a/0001", "a/0002"}
    assert text(page, "#filtered") == f"2 of {len(IDS)}"


def test_the_link_of_a_sample_leads_to_its_pictures(page: Browser) -> None:
    page.click(page.find("#sample-table a[href='#worst-2']"))
    assert page.run("return location.hash") == "#worst-2"
    assert "b/0001" in text(page, "#worst-2 h3")


def test_the_slider_divides_the_two_pictures(page: Browser) -> None:
    slider, left = page.find("#worst-1 input[type=range]"), page.find("#worst-1 img.left")

    def cut() -> str:
        return str(page.run("return getComputedStyle(arguments[0]).clipPath", left))

    assert cut() == "inset(0px 50% 0px 0px)"
    page.type(slider, RIGHT)  # by keyboard
    assert cut() == "inset(0px 49% 0px 0px)"
    page.type(slider, END)
    assert cut() in ("inset(0px)", "inset(0px 0% 0px 0px)")
    spoken = page.run("return arguments[0].getAttribute('aria-valuetext')", slider)
    assert spoken.startswith("100 % Original alpha (torch), 0 % Converted alpha")
    page.click(page.find("#worst-1 .stage"))  # in the middle
    assert cut() == "inset(0px 50% 0px 0px)"


def test_each_side_shows_the_chosen_layer(page: Browser) -> None:
    for side, layer in (("left", "source"), ("right", "difference")):
        choose(page, f"#worst-1 .choose-{side}", layer)
        shown, stored = page.find(f"#worst-1 img.{side}"), page.find(f"#worst-1 .layers img[data-layer={layer}]")
        same = "const [one, other] = arguments; return one.src === other.src && one.alt === other.alt"
        assert page.run(same, shown, stored)
        page.run("return arguments[0].decode()", shown)
        assert page.run("return arguments[0].naturalWidth", shown) == 8


def test_the_first_key_reaches_a_skip_link_that_shows(page: Browser, loaded: Path) -> None:
    page.open(loaded)
    page.type(page.find("body"), TAB)
    focused = "const focused = document.activeElement; return "
    assert page.run(focused + "focused.innerText") == "Skip to the figures"
    assert page.run(focused + "focused.getBoundingClientRect().left") >= 0
    assert page.run(focused + "getComputedStyle(focused).outlineStyle") == "solid"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_its_ground_contrast(page: Browser, scheme: str) -> None:
    page.prefer(scheme)
    for selector in ("body", ".headline strong", ".about", "a[href='#plots']", ".verdict.pass", ".over", ".tags"):
        inks = page.run(
            """
            const element = arguments[0];
            let ground = element;
            while (getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") ground = ground.parentElement;
            return [getComputedStyle(element).color, getComputedStyle(ground).backgroundColor];
            """,
            page.find(selector),
        )
        assert contrast(*inks) >= 4.5, (selector, inks)  # WCAG 2, level AA
    ground = page.run("return getComputedStyle(document.body).backgroundColor")
    assert (luminance(ground) < 0.1) == (scheme == "dark")
    assert (plot(page, "speed", "layout.font.color") == "#e6e9ed") == (scheme == "dark")


def test_it_prints(page: Browser) -> None:
    page.prefer("dark")
    printed = page.command("Page.printToPDF", preferCSSPageSize=True)
    assert base64.b64decode(printed["data"]).startswith(b"%PDF")
    page.command("Emulation.setEmulatedMedia", media="print")
    try:
        hidden = "['nav', '.viewer', '.skip'].map(each => getComputedStyle(document.querySelector(each)).display)"
        assert page.run(f"return {hidden}") == ["none"] * 3
        assert page.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    finally:
        page.command("Emulation.setEmulatedMedia", media="")
    assert page.console() == []


def test_a_narrow_screen_scrolls_tables_and_not_the_page(page: Browser) -> None:
    page.command("Emulation.setDeviceMetricsOverride", width=390, height=800, deviceScaleFactor=1, mobile=False)
    try:
        page.wait_for("return document.documentElement.scrollWidth <= 390")  # once the plots are drawn anew
    finally:
        page.command("Emulation.clearDeviceMetricsOverride")


def luminance(colour: str) -> float:
    """Return the relative luminance of `rgb(r, g, b)`, by WCAG 2."""
    parts = [float(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(ink: str, ground: str) -> float:
    light, dark = sorted((luminance(ink), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
