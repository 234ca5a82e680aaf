"""Everything behind the page, in one place: the models, the worker, the visitors' files, and the words of errors."""

import sys
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from configs.errors import MattekitError, shortened
from demo.media.pictures import is_picture
from demo.page.choices import OpenModels
from demo.page.desk import Desk, Stop
from demo.page.limits import Limits
from demo.page.store import Store, Visitor
from demo.page.work import Comparison, Made, Order, compare, cut_out_of, make

LONGEST_LINE = 1000

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Office:
    """What all visitors share.

    Attributes:
        models: opened and run in the desk's thread alone.
    """

    models: OpenModels
    desk: Desk
    store: Store
    limits: Limits

    def make(self, visitor: Visitor, order: Order, variant: str, report: Callable[[int], None]) -> "Future[Made]":
        """Queue `demo.page.work.make` for a visitor.

        Raises:
            BusyError: too much waits.
        """

        def job(stop: Stop) -> Made:
            matter = self.models.matter(variant, video=not is_picture(order.source))
            return make(order, matter, visitor.results("made"), self.limits, stop, report)

        return self._submit(visitor, job)

    def compare(self, visitor: Visitor, order: Order, variants: tuple[str, str]) -> "Future[Comparison]":
        """Queue `demo.page.work.compare` for a visitor.

        Raises:
            BusyError: too much waits.
        """

        def job(_: Stop) -> Comparison:
            first, second = (self.models.matter(variant) for variant in variants)
            return compare(order, (first, second), visitor.results("compared"), self.limits)

        return self._submit(visitor, job)

    def cut_out(self, visitor: Visitor, order: Order, variant: str) -> "Future[Path]":
        """Queue `demo.page.work.cut_out_of` for a visitor, and return the file.

        Raises:
            BusyError: too much waits.
        """

        def job(_: Stop) -> Path:
            out = visitor.results("made") / "out.png"
            cut_out_of(order, self.models.matter(variant), out, self.limits)
            return out

        return self._submit(visitor, job)

    def _submit(self, visitor: Visitor, job: Callable[[Stop], Result]) -> "Future[Result]":
        future = self.desk.submit(job, visitor.stop)
        visitor.job = future
        return future

    def close(self) -> None:
        """End what runs, and close the networks."""
        self.desk.close()
        self.models.close()


def line_of(error: BaseException, visitor: Visitor | None = None) -> str:
    """Return what the page says of an error: the line that the command line prints, with files' own names.

    A defect is printed to standard error in full.
    """
    if isinstance(error, MattekitError):
        line = " ".join(str(error).split())
    elif isinstance(error, OSError) and error.strerror:
        line = f"{error.filename or 'a file'}: cannot be used ({error.strerror}); check the disk"
    elif isinstance(error, MemoryError):
        line = "there is not enough memory for this; take a smaller picture"
    else:
        traceback.print_exception(error, file=sys.stderr)
        line = "internal error: please report it with the lines in the terminal"
    return named(shortened(line, LONGEST_LINE), visitor)


def named(line: str, visitor: Visitor | None) -> str:
    """Return a line with a visitor's files by their own names alone."""
    if visitor is None:
        return line
    for role in ("source", "plate", "target"):
        line = line.replace(f"{visitor.folder / role}/", "")
    return line.replace(f"{visitor.folder}/", "")
