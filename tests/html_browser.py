"""A headless Chromium for the tests of `report.html` and of the local page, driven by the WebDriver protocol over HTTP.

The protocol is small and W3C's standard; the usual client for it would bring a dozen packages for these few commands.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SECONDS = 120
TAB, ENTER, END, RIGHT = "\ue004", "\ue007", "\ue010", "\ue014"
"""Keys, as the protocol writes them."""
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key under which the protocol gives an element."""


def missing() -> str:
    """Return why no browser can be driven here, empty where one can."""
    if _chromedriver() is None:
        return "no chromedriver on the PATH (Debian: apt-get install chromium chromium-driver)"
    return "" if _browser() else f"no {' or '.join(BROWSERS)} on the PATH (Debian: apt-get install chromium)"


class Browser:
    """A session; an element is a dictionary that can be given to a script as an argument."""

    def __init__(self, address: str, session: str) -> None:
        self._session = f"{address}/session/{session}"

    def open(self, page: Path) -> None:
        """Open a page from disk and wait until its script has drawn the plots or given up."""
        self._call("/url", {"url": page.resolve().as_uri()})
        self.wait_for("return document.documentElement.dataset.plots || ''")

    def visit(self, address: str) -> None:
        """Open a served page."""
        self._call("/url", {"url": address})

    def upload(self, element: dict[str, str], file: Path) -> None:
        """Choose a file in a file input, which need not be shown."""
        self.type(element, str(file.resolve()))

    def screenshot(self, path: Path) -> None:
        """Write what the window shows as PNG."""
        shot = self.command("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def new_tab(self) -> str:
        """Open an empty tab beside those that are open and return its name, which `go_to` takes."""
        return str(self._call("/window/new", {"type": "tab"})["handle"])

    def go_to(self, tab: str) -> None:
        """Turn to a tab."""
        self._call("/window", {"handle": tab})

    def run(self, script: str, *arguments: Any) -> Any:
        """Run JavaScript in the page and return what it returns."""
        return self._call("/execute/sync", {"script": script, "args": list(arguments)})

    def wait_for(self, script: str) -> None:
        """Run JavaScript until it returns something true.

        Raises:
            TimeoutError: it did not within `SECONDS`.
        """
        ends = time.monotonic() + SECONDS
        while not self.run(script):
            if time.monotonic() > ends:
                raise TimeoutError(script)
            time.sleep(0.1)

    def find(self, selector: str) -> dict[str, str]:
        """Return the first element that a CSS selector finds."""
        found: dict[str, str] = self._call("/element", {"using": "css selector", "value": selector})
        return found

    def click(self, element: dict[str, str]) -> None:
        """Click in the middle of an element, with the mouse."""
        self._call(f"/element/{element[_ELEMENT]}/click", {})

    def type(self, element: dict[str, str], keys: str) -> None:
        """Focus an element and press keys."""
        self._call(f"/element/{element[_ELEMENT]}/value", {"text": keys})

    def command(self, name: str, **parameters: Any) -> Any:
        """Give a command of the Chrome DevTools protocol."""
        return self._call("/goog/cdp/execute", {"cmd": name, "params": parameters})

    def prefer(self, scheme: str) -> None:
        """Set the colour scheme that the page is told to prefer: `light` or `dark`."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.command("Emulation.setEmulatedMedia", features=features)

    def console(self) -> list[str]:
        """Return what the page wrote to the console since last asked, errors and warnings alike."""
        return [entry["message"] for entry in self._call("/se/log", {"type": "browser"})]

    def requests(self) -> list[str]:
        """Return the addresses asked for since last asked, web sockets' too; no data, no pages of the browser's own."""
        entries = self._call("/se/log", {"type": "performance"})
        messages = [json.loads(entry["message"])["message"] for entry in entries]
        sent = [each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"]
        sent += [each["params"]["url"] for each in messages if each["method"] == "Network.webSocketCreated"]
        return [url for url in sent if not url.startswith(("about:", "blob:", "data:", "chrome:", "chrome-untrusted:"))]

    def _call(self, path: str, body: dict[str, Any]) -> Any:
        return call(self._session + path, body)


@contextmanager
def browser(profile: Path, width: int = 1280, height: int = 900, flags: Sequence[str] = ()) -> Iterator[Browser]:
    """Yield a new browser with an empty profile in the folder `profile`, started with more `flags`."""
    options = {
        "binary": _browser(),
        "args": [*FLAGS, *flags, f"--window-size={width},{height}", f"--user-data-dir={profile}", "about:blank"],
    }
    logs = {"browser": "ALL", "performance": "ALL"}
    capabilities = {"alwaysMatch": {"goog:chromeOptions": options, "goog:loggingPrefs": logs}}
    driver = subprocess.Popen([str(_chromedriver()), "--port=0"], stdout=subprocess.PIPE, text=True)
    try:
        address = f"http://127.0.0.1:{_port(driver)}"
        session = call(f"{address}/session", {"capabilities": capabilities})["sessionId"]
        yield Browser(address, session)
        call(f"{address}/session/{session}", None, "DELETE")
    finally:
        driver.terminate()
        driver.communicate(timeout=SECONDS)


def call(url: str, body: dict[str, Any] | None, method: str = "POST") -> Any:
    """Send a command to the driver and return its value.

    Raises:
        RuntimeError: the driver answered with an error.
    """
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=SECONDS) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        with error:
            raise RuntimeError(f"{url}: {json.load(error)['value']['message']}") from error


def _port(driver: subprocess.Popen[str]) -> int:
    assert driver.stdout is not None
    for line in driver.stdout:
        if match := re.search(r"started successfully on port (\d+)", line):
            return int(match[1])
    raise RuntimeError("chromedriver ended before it listened")


def _chromedriver() -> str | None:
    """Return the driver on the PATH, or where GitHub's runners keep theirs."""
    given = os.environ.get("CHROMEWEBDRIVER", "")
    return shutil.which("chromedriver") or (shutil.which("chromedriver", path=given) if given else None)


def _browser() -> str | None:
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)
