"""Finished hops: forms that were made and proved by a conversion that then ended early, and that the next one takes.

A folder of finished hops holds

    forms/<as in the converted model folder>    what the hops have made
    <hop>.json                                  a finished hop: what decided it, its files' hashes, its proofs

A hop is taken only if all that decides it is what it was, to the samples' pixels, the packages' versions and the
toolkit's own code, and if its files have their hashes. Its record is written after them, and only once it is proved.
"""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from pydantic import JsonValue

from configs.errors import DataError
from configs.files import sha256_of
from configs.interruption import note_kept
from configs.reading import inside
from configs.records import Record
from configs.unfinished import Work, differences
from converter.forms.placement import Placement
from converter.forms.record import Form, is_ir

_FORMS = "forms"
_TOLD = 4
_GOES_ON = "the next conversion to the same folder goes on from there, with --force from nothing"


class FinishedHop(Record):
    """The record of a finished hop.

    Attributes:
        facts: all that decided it.
        form: what it made, with hashes and proofs.
    """

    FILE: ClassVar[str] = "hop.json"
    REMEDY: ClassVar[str] = "a conversion that ended early left it"

    facts: dict[str, JsonValue]
    form: Form


class FinishedHops:
    """The finished hops of one conversion, taken and added in the order of its steps.

    As a context it removes, where an error or an interruption ends it, what was not finished, and says in a note where
    the rest is.

    Args:
        folder: that holds them; no other process uses it meanwhile.
        placement: where the conversion puts each hop's files.
        facts: returns what decides a hop, besides the forms before it.
        say: called with a line about each hop that is taken, or was there and is not.
    """

    def __init__(
        self, folder: Path, placement: Placement, facts: Callable[[str], Work], say: Callable[[str], None]
    ) -> None:
        self.forms = folder / _FORMS
        self._folder, self._placement, self._facts, self._say = folder, placement, facts, say
        self._done: dict[str, Form] = {}
        self._begun: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            return
        if self._begun is not None:
            self.drop(self._begun)
        if self._done and isinstance(error, Exception):
            error.add_note(f"what was proved is kept in {self._folder}; {_GOES_ON}")
        elif self._done:
            error.add_note(_GOES_ON)  # what is kept is said anyway

    def take(self, hop: str) -> Form | None:
        """Return the form of a hop that is finished already; None, and nothing left of it, where it is to be made.

        Raises:
            UsageError: the folder cannot be written.
        """
        self._begun = hop
        found = self._found(hop)
        if isinstance(found, Form):
            self._say(f"  {hop}: taken as it was made and proved before")
            return self._note(found)
        if found is not None:
            self._say(f"  {hop}: made anew: {found}")
        self.drop(hop)
        self.forms.mkdir(exist_ok=True)
        return None

    def keep(self, form: Form) -> Form:
        """Record that a form, whose files lie in `forms`, is made and proved; return it.

        Raises:
            UsageError: the folder cannot be written.
        """
        FinishedHop(facts=self._all_facts(form.hop), form=form).write(self._place(form.hop))
        return self._note(form)

    def drop(self, hop: str) -> None:
        """Remove what is left of a hop: its record, then its files, and folders that are empty then."""
        for path in (self._place(hop), *(self.forms / name for name in self._placement.files(hop))):
            with suppress(FileNotFoundError, NotADirectoryError):
                path.unlink()
            with suppress(OSError):
                for folder in path.parents[: len(path.relative_to(self._folder).parts) - 1]:
                    folder.rmdir()

    def put_into(self, work: Path) -> None:
        """Put the files of all forms into a folder; they stay here too.

        Raises:
            OSError: one cannot be put there.
        """
        for form in self._done.values():
            for name in form.files:
                put_in_place(self.forms / name, work / name)

    def _note(self, form: Form) -> Form:
        self._done[form.hop], self._begun = form, None
        note_kept(self._folder)
        return form

    def _found(self, hop: str) -> Form | str | None:
        """Return the form of a hop that is finished, or say why it is not to be taken; None where there is none."""
        place = self._place(hop)
        if not place.exists():
            return None
        try:
            record = FinishedHop.read(place)
        except DataError as error:
            return str(error)
        form = record.form
        if changed := differences(record.facts, self._all_facts(hop)):
            more = f"; and {len(changed) - _TOLD} more" if len(changed) > _TOLD else ""
            return f"{'; '.join(changed[:_TOLD])}{more}"
        if form.hop != hop or set(form.files) != {name.as_posix() for name in self._placement.files(hop)}:
            return "its record is another hop's"
        for name, expected in form.files.items():
            try:
                found = sha256_of(inside(self.forms, name))
            except DataError:
                return f"{name} is missing"
            if found != expected:
                return f"{name} was changed (SHA-256 {found[:12]}, recorded {expected[:12]})"
        return form

    def _all_facts(self, hop: str) -> dict[str, Any]:
        """Return what decides a hop: the bytes of the last ONNX before it, of which it is made, and everything else."""
        before = [form for form in self._done.values() if not is_ir(form.hop)]
        return {**self._facts(hop), "made of": {before[-1].hop: [*before[-1].files.values()]} if before else {}}

    def _place(self, hop: str) -> Path:
        return self._folder / f"{hop}.json"


def put_in_place(source: Path, target: Path) -> None:
    """Give a file another name, or copy it where the file system has no such names; `source` stays."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:  # a file system without such names
        shutil.copyfile(source, target)
