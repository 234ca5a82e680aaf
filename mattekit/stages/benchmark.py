"""A benchmark as a folder of its own, or added to the folder of a run and shown in its pages."""

from collections.abc import Callable
from pathlib import Path

from configs.files import additions, new_folder
from configs.folders import find_made
from configs.schema import Config
from eval.bench.output import write_bench_files
from eval.bench.pipeline import bench_pipeline
from eval.bench.pipeline_page import write_pipeline_files
from eval.bench.pipeline_record import PipelineRecord
from eval.bench.record import BenchRecord
from eval.bench.run import BenchOptions, bench
from eval.report.stored import stored_content
from eval.run.stored import read_run
from mattekit.stages.pages import write_pages
from mattekit.stages.stored import stored_judgement

Report = Callable[[str, int, int], None]


def bench_into(out: Path, config: Config, options: BenchOptions, rerun: str, report: Report) -> BenchRecord:
    """Time the models and write `bench.json`, `bench.csv` and `bench.md` into a new folder.

    Args:
        out: the folder; an earlier benchmark there is replaced.
        config, options, rerun, report: as `eval.bench.run.bench`.

    Raises:
        DataError: as `eval.bench.run.bench`.
        UsageError: as there, or `out` holds something else.
    """
    foreign = "not empty, and not a benchmark's folder; choose another --out, or name a run's folder with --run"
    find_made(out, BenchRecord.read_if_there, foreign=foreign, holds=BenchRecord.holds)
    with new_folder(out, replace=True) as work:
        record, rows = bench(config, options, rerun=rerun, report=report)
        write_bench_files(work, record, rows)
    return record


def bench_run(run_dir: Path, config: Config, options: BenchOptions, rerun: str, report: Report) -> BenchRecord:
    """Time the models of a stored run; add the benchmark's files to its folder, and the benchmark to its pages.

    Raises:
        DataError: the run is not readable, or as `eval.bench.run.bench`.
        UsageError: as there, or the run's folder cannot be written.
    """
    run = read_run(run_dir)
    with additions(run_dir) as work:
        record, rows = bench(config, options, evaluated=run.results, rerun=rerun, report=report)
        write_bench_files(work, record, rows)
        judgement = stored_judgement(run_dir, run, config.gate)
        write_pages(work, stored_content(run_dir, run, judgement, bench=record), run_dir)
    return record


def pipeline_into(out: Path, config: Config, samples: int | None, rerun: str, report: Report) -> PipelineRecord:
    """Time the evaluation itself and write `pipeline.json`, `pipeline.md` and `pipeline.png` into a new folder.

    Args:
        out: the folder; an earlier one of this kind there is replaced.
        config, samples, rerun, report: as `eval.bench.pipeline.bench_pipeline`.

    Raises:
        DataError: as `eval.bench.pipeline.bench_pipeline`.
        UsageError: as there, or `out` holds something else.
    """
    foreign = "not empty, and not a benchmark's folder of the pipeline; choose another --out"
    find_made(out, PipelineRecord.read_if_there, foreign=foreign, holds=PipelineRecord.holds)
    with new_folder(out, replace=True) as work:
        record = bench_pipeline(config, samples, rerun=rerun, report=report)
        write_pipeline_files(work, record)
    return record
