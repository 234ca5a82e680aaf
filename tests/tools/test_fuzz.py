"""Every reader on broken files, the same ones every time: each is read, or refused with an error of the toolkit's."""

from pathlib import Path

import pytest

from tools.fuzz.readers import Reader, readers
from tools.fuzz.search import search
from tools.fuzz.seeds import make_seeds, seeds_in

EXAMPLES = 15
NAMES = [reader.name for reader in readers(seeds_in(Path("unmade")))]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Reader]:
    return {reader.name: reader for reader in readers(make_seeds(tmp_path_factory.mktemp("seeds")))}


@pytest.mark.parametrize("name", NAMES)
def test_a_broken_file_is_refused_or_read(broken: dict[str, Reader], name: str) -> None:
    found = search(broken[name], EXAMPLES)
    assert found.faults == {}
    assert sum(found.outcomes.values()) >= EXAMPLES // 2


def test_a_fault_is_found_and_told(broken: dict[str, Reader]) -> None:
    sound = broken["ids"]

    def read(file: Path) -> object:
        raise ZeroDivisionError("planted")

    found = search(Reader("planted", sound.broken, sound.file, read), 5)
    [fault] = found.faults
    assert fault.startswith("ZeroDivisionError at test_fuzz.py:")
    assert fault.endswith("in read: planted")
