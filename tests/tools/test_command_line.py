"""How a tool ends."""

import pytest

from configs.errors import DataError
from tools.command_line import run


def test_an_error_of_ours_is_its_message_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> None:
        raise DataError("run: no such folder")

    with pytest.raises(SystemExit) as ended:
        run(main)

    assert ended.value.code == DataError.exit_code == 3
    assert capsys.readouterr().err == "error: run: no such folder\n"


def test_an_error_of_nobody_keeps_its_traceback() -> None:
    def main() -> None:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        run(main)
