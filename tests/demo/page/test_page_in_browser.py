"""The page in a headless Chromium that can reach no other host: upload, result, errors, and nothing from elsewhere."""

import http.client
import json
import os
import re
import signal
import subprocess
import threading
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import html_browser
import numpy as np
import pytest
from clips import flat, write_clip
from html_browser import Browser
from PIL import Image
from served_page import SECONDS, Served, served
from tiny_model import tiny_answer

from datasets.samples.images import read_rgb, write_png

pytest.importorskip("nicegui", reason="the extra `serve` is not installed")

WHY_NOT = html_browser.missing()
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)]

NOWHERE = ("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",)
PLATE = flat((60, 60, 60))


@pytest.fixture(scope="module")
def server(tiny_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tiny_models, tmp_path_factory.mktemp("served"), "--max-upload", 1, "--max-frames", 20) as one:
        yield one


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with html_browser.browser(tmp_path_factory.mktemp("profile"), flags=NOWHERE) as started:
        yield started


@pytest.fixture
def page(opened: Browser, server: Served) -> Iterator[Browser]:
    """Return the browser at a new page, which must ask this machine alone and write no error."""
    opened.visit(server.address)
    opened.wait_for("return !!document.querySelector('[data-test=plate] input[type=file]')")
    yield opened
    asked = opened.requests()
    assert {urllib.parse.urlsplit(url).netloc for url in asked} == {server.address.removeprefix("http://")}
    assert {urllib.parse.urlsplit(url).scheme for url in asked} == {"http", "ws"}
    assert opened.console() == []


def test_a_page_whose_networks_take_no_plate_asks_for_none(
    opened: Browser, modnet_models: Path, tmp_path: Path
) -> None:
    with served(modnet_models, tmp_path) as one:
        opened.visit(one.address)
        opened.wait_for("return !!document.querySelector('[data-test=source] input[type=file]')")
        assert opened.run("return document.querySelector('[data-test=plate]') === null")
        assert opened.run("return document.querySelector('[data-test=state]').textContent") == (
            "Drop a picture or a video."
        )
        assert opened.run("return !document.body.innerText.includes('--align')")
        opened.visit("about:blank")  # a page whose server is gone would call for it in the next test's log
    opened.requests(), opened.console()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of what is uploaded."""
    folder = tmp_path_factory.mktemp("files")
    photo = PLATE.copy()
    photo[:, 48:] = (230, 200, 90)
    write_png(folder / "photo.png", photo)
    write_png(folder / "plate.png", PLATE)
    write_png(folder / "small.png", flat((60, 60, 60), (32, 48)))
    frames = [PLATE.copy() for _ in range(8)]
    for number, frame in enumerate(frames):
        frame[:, 8 * number : 8 * number + 8] = (230, 200, 90)
    whole = write_clip(folder / "clip.mp4", frames).read_bytes()
    (folder / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    write_clip(folder / "long.mp4", [PLATE] * 21)
    (folder / "text.png").write_text("not a picture")
    Image.new("CMYK", (96, 64)).save(folder / "cmyk.jpg")
    (folder / "huge.png").write_bytes(os.urandom((1 << 20) + 1))
    return folder


def put(page: Browser, role: str, file: Path) -> None:
    """Upload a file and wait until the page has it."""
    page.upload(page.find(f"[data-test={role}] input[type=file]"), file)
    page.wait_for(f"return document.querySelector('[data-test={role}-name]').textContent === '{file.name}'")


def text(page: Browser, name: str) -> str:
    return str(page.run(f"return document.querySelector('[data-test={name}]').innerText"))


def said(page: Browser, name: str) -> str:
    """Return an error once it is there."""
    page.wait_for(f"return document.querySelector('[data-test={name}]').textContent")
    return text(page, name)


def press(page: Browser, name: str, shown: str) -> None:
    page.wait_for(f"return !document.querySelector('[data-test={name}]').disabled")
    page.click(page.find(f"[data-test={name}]"))
    page.wait_for(f"return !!document.querySelector({json.dumps(shown)})")


def fetch(server: Served, address: str) -> bytes:
    connection = http.client.HTTPConnection(server.address.removeprefix("http://"), timeout=SECONDS)
    connection.request("GET", address)
    answer = connection.getresponse()
    assert answer.status == 200, address
    content = answer.read()
    connection.close()
    return content


def test_a_picture_is_cut_out_and_can_be_loaded(page: Browser, server: Served, files: Path, tmp_path: Path) -> None:
    put(page, "source", files / "photo.png")
    put(page, "plate", files / "plate.png")
    press(page, "matte", ".mk-split img")
    page.wait_for("return [...document.images].every((image) => image.complete && image.naturalWidth === 96)")
    assert "96x64, matted in" in text(page, "state")
    links = page.run("return [...document.querySelectorAll('.mk-links a')].map((a) => [a.download || a.text, a.href])")
    assert len(links) == 3
    (tmp_path / "cut.png").write_bytes(fetch(server, links[0][1].removeprefix(server.address)))
    with Image.open(tmp_path / "cut.png") as image:
        rgba = np.asarray(image)
    alpha, _ = tiny_answer(read_rgb(files / "photo.png"), PLATE)
    assert rgba.shape == (64, 96, 4)
    assert np.abs(rgba[..., 3] - alpha * 255).mean() < 2
    at = "return document.querySelector('.mk-split').style.getPropertyValue('--at')"
    page.type(page.find(".mk-range"), html_browser.END)
    page.wait_for(f"{at.replace('return', 'return (')}) === '100%'")


def test_variants_are_set_against_each_other(page: Browser, files: Path) -> None:
    put(page, "source", files / "photo.png")
    put(page, "plate", files / "plate.png")
    press(page, "compare", "[data-test=compared] img")
    assert page.run("return document.querySelectorAll('[data-test=compared] img').length") == 3
    captions = text(page, "compared")
    assert re.search(r"ir-fp16@default: [\d.]+ ms a frame", captions)
    assert re.search(r"difference x 10: mean [\d.e-]+, largest [\d.e-]+ of alpha 0 to 1", captions)


def test_a_video_is_matted_and_plays_beside_its_source(page: Browser, files: Path) -> None:
    put(page, "source", files / "clip.mp4")
    put(page, "plate", files / "plate.png")
    press(page, "matte", ".mk-split video")
    page.wait_for("return [...document.querySelectorAll('.mk-split video')].every((v) => v.readyState >= 2)")
    widths = page.run("return [...document.querySelectorAll('.mk-split video')].map((v) => v.videoWidth)")
    assert widths == [96, 96]
    assert "8 frames" in text(page, "state")


@pytest.mark.parametrize(
    ("role", "name", "line"),
    [
        ("source", "text.png", "text.png: is not a PNG, JPEG or WebP"),
        ("source", "cut.mp4", "cut.mp4: FFmpeg cannot read it"),
        ("source", "long.mp4", "long.mp4: has 21 frames; the page takes at most 20"),
        ("source", "huge.png", "too large for the page; expected at most 1 MB"),
        ("plate", "cmyk.jpg", "cmyk.jpg: "),
        ("plate", "clip.mp4", "clip.mp4: is not a PNG, JPEG or WebP"),
    ],
)
def test_an_upload_that_cannot_be_used_is_one_line(page: Browser, files: Path, role: str, name: str, line: str) -> None:
    page.upload(page.find(f"[data-test={role}] input[type=file]"), files / name)
    found = said(page, "input-error")
    assert line in found and "\n" not in found and "/" not in found.split(":")[0]
    assert text(page, f"{role}-name") == ""


def test_what_is_missing_or_of_another_size_is_said(page: Browser, files: Path) -> None:
    page.click(page.find("[data-test=matte]"))
    assert said(page, "error") == "there is no picture or video; drop one first"
    put(page, "source", files / "photo.png")
    page.click(page.find("[data-test=matte]"))
    page.wait_for("return document.querySelector('[data-test=error]').textContent.includes('plate')")
    assert text(page, "error") == (
        "the network takes a background plate, the scene without the person, and there is none"
    )
    put(page, "plate", files / "small.png")
    press(page, "matte", ".mk-split img")
    assert "the plate is 48x32, the frame 96x64" in text(page, "findings")


def test_everything_that_the_page_names_is_local(server: Served) -> None:
    """Every address in the page, and in the styles that it loads, is a path, data, or a name of XML."""
    html = fetch(server, "/").decode()
    linked = re.compile(r"""(?:src|href)\s*=\s*["']([^"']+)|url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")
    imports = json.loads(re.findall(r'<script type="importmap">\s*(.*?)\s*</script>', html, re.DOTALL)[0])["imports"]
    waiting = [*("".join(found) for found in linked.findall(html)), *imports.values()]
    waiting = [address for address in waiting if not address.startswith("data:")]
    seen: set[str] = set()
    assert waiting
    while waiting:
        address = waiting.pop()
        assert address.startswith("/") and not address.startswith("//"), address
        if address in seen or address.endswith("/"):
            continue
        seen.add(address)
        if address.endswith(".css"):
            inside = ["".join(found) for found in linked.findall(fetch(server, address).decode())]
            waiting += [urllib.parse.urljoin(address, each) for each in inside if not each.startswith(("data:", "#"))]
    assert {"/assets/page.css", "/assets/split.js"} <= seen
    assert any(address.endswith("fonts.css") for address in seen)


def test_eight_pages_at_once_and_their_files_go_when_they_close(server: Served, files: Path, tmp_path: Path) -> None:
    with html_browser.browser(tmp_path / "profile", flags=NOWHERE) as many:
        tabs = [many.new_tab() for _ in range(8)]
        for tab in tabs:
            many.go_to(tab)
            many.visit(server.address)
            many.wait_for("return !!document.querySelector('[data-test=plate] input[type=file]')")
            put(many, "source", files / "clip.mp4")
            put(many, "plate", files / "plate.png")
        for tab in tabs:
            many.go_to(tab)
            many.click(many.find("[data-test=matte]"))
        for tab in tabs:
            many.go_to(tab)
            many.wait_for("return !!document.querySelector('.mk-split video')")
            assert (text(many, "error"), "8 frames" in text(many, "state")) == ("", True)
        kept = list(server.temporary.glob("*/*/made-*/composite.webm"))
        assert len(kept) >= 8
    ends = time.monotonic() + SECONDS
    while any(path.exists() for path in kept):
        assert time.monotonic() < ends, kept
        time.sleep(0.2)


def test_a_host_that_others_reach_is_warned_of(tiny_models: Path, tmp_path: Path) -> None:
    with served(tiny_models, tmp_path, "--host", "0.0.0.0") as one:
        assert one.said == (
            "0.0.0.0: whoever reaches this machine there can use the page, unencrypted and without a password\n",
        )


def _post(server: Served, files: Path, answers: list[int]) -> None:
    """Post a pair to /matte, as multipart by hand."""
    parts = b""
    for role, name in (("source", "photo.png"), ("plate", "plate.png")):
        head = f'--cut\r\nContent-Disposition: form-data; name="{role}"; filename="{name}"\r\n\r\n'
        parts += head.encode() + (files / name).read_bytes() + b"\r\n"
    connection = http.client.HTTPConnection(server.address.removeprefix("http://"), timeout=SECONDS)
    headers = {"Content-Type": "multipart/form-data; boundary=cut"}
    connection.request("POST", "/matte", parts + b"--cut--\r\n", headers)
    answers.append(connection.getresponse().status)
    connection.close()


def _memory(process: "subprocess.Popen[str]") -> int:
    """Return a process's memory in MB."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


def test_eight_clients_at_once_all_get_an_answer_and_memory_stays(server: Served, files: Path) -> None:
    answers: list[int] = []

    def rounds(count: int) -> None:
        for _ in range(count):
            _post(server, files, answers)

    def all_at_once(count: int) -> int:
        threads = [threading.Thread(target=rounds, args=(count,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return _memory(server.process)

    before = all_at_once(5)
    after = all_at_once(10)
    assert answers == [200] * 8 * 15
    assert after - before < 50, (before, after)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_nothing_left(
    tiny_models: Path, files: Path, tmp_path: Path, number: signal.Signals
) -> None:
    with served(tiny_models, tmp_path) as one:
        answers: list[int] = []
        _post(one, files, answers)
        assert answers == [200]
        assert len(list(one.temporary.iterdir())) == 1
        one.process.send_signal(number)
        out, err = one.process.communicate(timeout=SECONDS)
        assert (one.process.returncode, out) == (128 + number, "")
        assert err == "interrupted; nothing was written\n"
        assert list(one.temporary.iterdir()) == list((tmp_path / "work").iterdir()) == []
