"""The conversion: from the original to a folder of proved forms."""

from contextlib import suppress
from functools import partial
from pathlib import Path

from configs.environment import installed_versions
from configs.errors import DataError, UsageError
from configs.files import new_folder
from configs.folders import find_made
from configs.schema import Config
from configs.unfinished import WORK_FILE, Work, folder_of, recorded_work, unfinished
from converter.architectures import architecture_named, with_defaults
from converter.finished import FinishedHops
from converter.forms.placement import Placement, placement_of
from converter.forms.record import Conversion, check_files
from converter.key import LIBRARIES, conversion_key, hop_facts, recorded_settings
from converter.proof.prover import Prover, proof_line
from converter.proof.ways import ways_to_keep
from converter.runners.original import open_original, source_file
from converter.steps.chain import Chain, Report, Say
from converter.steps.export_onnx import EXPORTER
from converter.steps.plan import planned_postconditions, planned_steps

WORK: Work = {"made by": "mattekit convert"}
"""What the finished parts are of; each hop's record tells for itself what it follows from."""
FOREIGN = "not empty, and not a converted model folder; choose another --out"


def convert(config: Config, *, force: bool = False, say: Say = print, report: Report = lambda *_: None) -> Conversion:
    """Make ONNX and IR of the configured original, prove each, and put them under `config.convert.out`.

    Does nothing where that folder already holds the same conversion, unless `force`. The folder appears, or is
    replaced, only when every form in it is whole and proved. Hops that a conversion to the same folder proved before it
    ended early are taken from `<out>.unfinished` where all that decides them is the same, unless `force`.

    Args:
        config: the job.
        force: convert from nothing, even if it is already done.
        say: called with a line about each step.
        report: called with the name of the step that begins, how many are done, and how many there are.

    Raises:
        UsageError: another process converts to the same folder, or it is not a converted model's.
        DataError: the original is missing, broken, or not this network.
        ConversionError: a step failed. Errors of any kind name the step and those that ran before it.
        ParityError: a form differs from the original by more than its tolerance, or breaks its contract.
    """
    out = config.convert.out
    config = with_defaults(config, architecture_named(config.model.architecture))
    placement = placement_of(config.convert)
    source = source_file(config.model)
    versions = installed_versions(LIBRARIES)
    key = conversion_key(config, source, versions)
    fault = None if force else partial(_fault, out, key, placement)
    made: Conversion | None = find_made(
        out, Conversion.read_if_there, foreign=FOREIGN, holds=Conversion.holds, fault=fault, replace=True
    )
    if made is not None:
        _forget_parts(out)
        say(f"{out}: already converted from {source.path} with these settings and versions; nothing to do")
        return made
    original = open_original(config.model, config.convert.size)
    for note in original.source.read_as:
        say(f"{source.path}: {note}")
    prover = Prover(config, original, placement)
    facts = partial(hop_facts, config, source, prover.samples_sha256)
    with (
        unfinished(out, WORK, fresh=force or _is_damaged(out)) as kept,
        new_folder(out, replace=True) as work,
        FinishedHops(kept.folder, placement, facts, say) as hops,
    ):
        steps = planned_steps(config, original, hops.forms, say)
        ways = partial(ways_to_keep, config.convert.precisions)
        chain = Chain(steps, planned_postconditions(config, original), say, report, ways)
        forms = chain.run(lambda made: hops.keep(prover.form(made, hops.forms)), hops.take)
        hops.put_into(work)
        record = Conversion(
            key=key,
            source=original.source,
            settings=recorded_settings(config),
            exporter=EXPORTER if original.network else None,
            graph=original.architecture.graph(config.convert.graph) if original.network else None,
            versions=versions,
            stimuli=prover.coverage,
            forms=forms,
            placement=placement,
        )
        record.write(work)
    say(prover.seen_line())
    for form in forms:
        say(proof_line(form))
    say(f"{out}: converted and verified")
    return record


def _is_damaged(out: Path) -> bool:
    """Tell whether what says of which work finished parts are cannot be read, as after a crash of the machine."""
    try:
        recorded_work(out)
    except DataError:
        return (folder_of(out) / WORK_FILE).exists()
    return False


def _forget_parts(out: Path) -> None:
    """Remove what a conversion left that was killed after its folder was whole, or that nobody went on with."""
    with suppress(UsageError, DataError):  # there is nothing, another process is at it, or it cannot be written
        if recorded_work(out) == WORK:
            with unfinished(out, WORK, fresh=True):
                pass


def _fault(folder: Path, key: str, placement: Placement, record: Conversion) -> str:
    """Say what keeps a converted model folder from being what is wanted; empty when nothing does."""
    try:
        check_files(folder, record)
    except DataError as error:
        return str(error)
    return "" if (record.key, record.placement) == (key, placement) else f"{folder}: another conversion"
