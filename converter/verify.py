"""The proof of a converted model folder, once more."""

from pathlib import Path

from configs.schema import Config
from converter.forms.record import Conversion, Form, check_files
from converter.proof.prover import Prover, proof_line
from converter.runners.original import original_of
from converter.steps.chain import Report, Say


def verify(folder: Path, config: Config, *, say: Say = print, report: Report = lambda *_: None) -> tuple[Form, ...]:
    """Prove a converted model folder again: its files' hashes, every hop's parity, every IR's contract.

    The original and the size are those that the folder's record names; samples and tolerances are `config`'s.

    Args:
        folder: the converted model folder.
        config: the job.
        say: called with a line about each form.
        report: called with the hop whose proof begins, how many are done, and how many there are.

    Raises:
        DataError: a file is missing, changed or not recorded, or the original is no longer the one recorded.
        ParityError: a form is out of tolerance or breaks its contract.
    """
    record = Conversion.read(folder)
    say(f"{folder}: {check_files(folder, record)} files match their hashes")
    prover = Prover(config, original_of(record), record.placement)
    say(prover.seen_line())
    proved: list[Form] = []
    for form in record.forms:
        report(form.hop, len(proved), len(record.forms))
        proved.append(form.model_copy(update=prover.prove(form.hop, folder)))
        say(proof_line(proved[-1]))
    return tuple(proved)
