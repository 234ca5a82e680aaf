"""Text that others wrote, such as names of files, samples and tags, made fit to be shown.

What a sink must escape besides stands with the sink: markdown in `eval.presentation.formatting`, XML in
`eval.presentation.xml`, tables of comma-separated values in `configs.tables`, the terminal in
`mattekit.terminal.console`.
"""

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's control and format characters, surrogates, and separators of lines and paragraphs."""
_JOINERS = frozenset("\u200c\u200d\u00ad")
"""Format characters that words and emoji are written with; they move nothing else."""
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def visible(text: str, keep: str = "") -> str:
    r"""Return text in which every character that is not seen is written as Python writes it, such as `\x1b`.

    That is every control character, what turns the direction of writing, half of a surrogate pair, and what is no
    character at all. The result can be encoded, and is the same when it is made visible again.

    Args:
        text: any text.
        keep: control characters that stay as they are.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(letter if letter in keep or not _is_hidden(letter) else _escape(letter) for letter in text)


def _is_hidden(letter: str) -> bool:
    return (unicodedata.category(letter) in _HIDDEN and letter not in _JOINERS) or ord(letter) & 0xFFFE == 0xFFFE


def _escape(letter: str) -> str:
    number = ord(letter)
    if letter in _NAMED:
        return _NAMED[letter]
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def counted(count: int, noun: str) -> str:
    """Return a count with its noun, such as `1 sample` or `2 samples`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
