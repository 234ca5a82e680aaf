"""Which texts are URLs that can be fetched from."""

import pytest

from configs.errors import UsageError
from datasets.fetch.urls import require_url


@pytest.mark.parametrize(
    "url", ["http://a", "https://a.b-c.org:8080/x/y.csv?z=%C3%A9#f", "HTTP://127.0.0.1/", "http://[::1]:80/x"]
)
def test_a_url_is_one(url: str) -> None:
    require_url(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("ftp://a/b", "it begins otherwise"),
        ("http://", "it names no host"),
        ("http:///path", "it names no host"),
        ("http://[::1", "Invalid IPv6 URL"),
        ("http://a:99999999/", "out of range"),
        ("http://a:port/", "Port could not be cast"),
        ("http://a:0/", "port 0 is none"),
        ("http://a b/", "a blank"),
        ("http://a/\n", "a blank"),
        ("http://\u00e9.org/", "beyond ASCII"),
        ("http://a..b/", "is no host"),
        (f"http://{'a' * 64}.org/", "is no host"),
        ("http://a/" + "x" * 3000, "longer than 2048"),
    ],
    ids=lambda given: given[:24],
)
def test_what_is_malformed_is_said(url: str, expected: str) -> None:
    with pytest.raises(
        UsageError, match=rf"^--table: expected an http:// or https:// URL, found .*{expected}"
    ) as caught:
        require_url(url, "--table")
    assert len(str(caught.value)) < 300
