"""The conversion: from the original to a folder of proved forms."""

from functools import partial
from pathlib import Path

from configs.environment import installed_versions
from configs.errors import DataError
from configs.files import new_folder
from configs.folders import find_made
from configs.schema import Config
from converter.architectures import architecture_named, with_defaults
from converter.forms.placement import Placement, placement_of
from converter.forms.record import Conversion, check_files
from converter.key import LIBRARIES, conversion_key, recorded_settings
from converter.proof.prover import Prover, proof_line
from converter.proof.ways import ways_to_keep
from converter.runners.original import open_original, source_file
from converter.steps.chain import Chain, Report, Say
from converter.steps.export_onnx import EXPORTER
from converter.steps.plan import planned_postconditions, planned_steps

FOREIGN = "not empty, and not a converted model folder; choose another --out"


def convert(config: Config, *, force: bool = False, say: Say = print, report: Report = lambda *_: None) -> Conversion:
    """Make ONNX and IR of the configured original, prove each, and put them under `config.convert.out`.

    Does nothing where that folder already holds the same conversion, unless `force`. The folder appears, or is
    replaced, only when every form in it is whole and proved.

    Args:
        config: the job.
        force: convert even if it is already done.
        say: called with a line about each step.
        report: called with the name of the step that begins, how many are done, and how many there are.

    Raises:
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
        say(f"{out}: already converted from {source.path} with these settings and versions; nothing to do")
        return made
    original = open_original(config.model, config.convert.size)
    for note in original.source.read_as:
        say(f"{source.path}: {note}")
    prover = Prover(config, original, placement)
    with new_folder(out, replace=True) as work:
        steps, postconditions = planned_steps(config, original, work, say), planned_postconditions(config, original)
        ways = partial(ways_to_keep, config.convert.precisions)
        forms = Chain(steps, postconditions, say, report, ways).run(lambda made: prover.form(made, work))
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


def _fault(folder: Path, key: str, placement: Placement, record: Conversion) -> str:
    """Say what keeps a converted model folder from being what is wanted; empty when nothing does."""
    try:
        check_files(folder, record)
    except DataError as error:
        return str(error)
    return "" if (record.key, record.placement) == (key, placement) else f"{folder}: another conversion"
