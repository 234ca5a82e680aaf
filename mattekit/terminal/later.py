"""Verbs that are loaded when they are called: `mattekit --help` lists all of them and loads none."""

import importlib
from typing import Any, NamedTuple

import typer.main
from typer.core import TyperCommand, TyperGroup

from mattekit.terminal.modes import verb


class Verb(NamedTuple):
    """A verb as the command line lists it.

    Attributes:
        name: what is typed, with its group: `dataset verify`.
        place: module in `mattekit.verbs` and function: `dataset:verify`.
        line: what help lists it with, the first paragraph of the function's docstring.
        reports: whether it takes `--json`.
    """

    name: str
    place: str
    line: str
    reports: bool = False

    @property
    def last(self) -> str:
        """The name without its group."""
        return self.name.rpartition(" ")[2]

    def load(self) -> TyperCommand:
        """Import the verb's module and return its command, with the options that every verb has."""
        module, _, function = self.place.partition(":")
        whole = getattr(importlib.import_module(f"mattekit.verbs.{module}"), function)
        alone = typer.Typer(add_completion=False, rich_markup_mode="markdown")
        alone.command(self.last)(verb(self.name, whole, reports=self.reports))
        command = typer.main.get_command(alone)
        assert isinstance(command, TyperCommand)
        return command

    def add_to(self, group: typer.Typer) -> None:
        """List the verb in a group whose class is `LateGroup`."""
        group.command(self.last, cls=_LateCommand, help=self.line)(self.load)


class _LateCommand(TyperCommand):
    """What is listed of a verb; its callback gives the command itself."""

    def loaded(self) -> TyperCommand:
        assert self.callback is not None
        command: TyperCommand = self.callback()
        return command


class LateGroup(TyperGroup):
    """A group that loads a verb when that is to run, to explain itself or to complete its options."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return name, command and what is left of the arguments; see typer."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.loaded() if isinstance(command, _LateCommand) else command, rest
