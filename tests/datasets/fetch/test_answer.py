"""Which redirections are followed; `test_fetch.py` and `test_resume.py` meet the rest of what answers do."""

import pytest

from datasets.fetch.answer import _not_followed


@pytest.mark.parametrize(
    ("url", "target", "why"),
    [
        ("http://a/x", "http://b/y", ""),
        ("http://a/x", "https://b/y", ""),
        ("https://a/x", "HTTPS://b/y", ""),
        ("https://a/x", "http://a/x", "which leaves HTTPS"),
        ("HTTPS://a/x", "HTTP://a/x", "which leaves HTTPS"),
        ("https://a/x", "ftp://a/x", "where only HTTP is followed"),
        ("http://a/x", "file:///etc/passwd", "where only HTTP is followed"),
    ],
)
def test_redirections_stay_with_http_and_do_not_leave_https(url: str, target: str, why: str) -> None:
    assert _not_followed(url, target) == why
