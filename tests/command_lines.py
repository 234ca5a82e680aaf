"""Command lines in texts, parsed as the command line would parse them, without running anything."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
ASSIGNMENT = re.compile(r"\w+=\S*")


def command_lines(markdown: str, program: str) -> Iterator[tuple[str, ...]]:
    """Yield the arguments of every call of `program` in the code blocks and code spans of a markdown text."""
    blocks = FENCE.findall(markdown)
    texts = [line for block in blocks for line in block.splitlines()] + SPAN.findall(FENCE.sub("", markdown))
    for text in texts:
        if program not in text:
            continue
        words = shlex.split(text, comments=True)
        while words and ASSIGNMENT.fullmatch(words[0]):
            words.pop(0)
        if words and words[0] == program:
            yield tuple(words[1:])


def parse_mattekit(arguments: tuple[str, ...]) -> None:
    """Parse what follows `mattekit`; `--help` is checked by what stands before it.

    Raises:
        TyperException: an unknown verb or option, a wrong value, a missing or unexpected argument.
    """
    import typer.main

    from mattekit.app import app

    command: Any = typer.main.get_command(app)
    words = [word for word in arguments if word != "--help"]
    context: Any = None
    while hasattr(command, "commands"):
        context = command.context_class(command, parent=context, info_name="mattekit")
        if not words:
            assert "--help" in arguments or not arguments
            return
        _, command, words = command.resolve_command(context, words)
    if "--help" not in arguments:
        command.make_context(command.name, words, parent=context)
