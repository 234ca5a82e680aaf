"""Texts of visitors and of files in the page's HTML."""

from demo.page.markup import figures, links, listed, split


def test_no_text_becomes_markup() -> None:
    evil = '<img src=x onerror="alert(1)">&.png'
    for html in (listed([evil]), links({evil: "/results/t/made-1/a.png"}), figures([("/a.png", evil)])):
        assert "<img src=x" not in html and "&lt;img src=x" in html
    assert '?download=%3Cimg%20src%3Dx%20onerror%3D%22alert%281%29%22%3E%26.png"' in links({evil: "/a"})


def test_without_a_source_there_is_nothing_to_slide() -> None:
    assert "mk-range" in split("/before.webp", "/after.webp", still=True)
    alone = split(None, "/after.webm", still=False)
    assert ("mk-range" in alone, "mk-before" in alone, "mk-alone" in alone, "<video" in alone) == (
        *(False, False, True, True),
    )
