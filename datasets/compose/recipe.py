"""The set of a configuration's recipe: import foregrounds, fetch backgrounds, compose."""

from collections.abc import Callable
from pathlib import Path

from configs.errors import UsageError
from configs.schema import BUNDLED, DatasetSection
from datasets.compose.run import compose_set
from datasets.fetch.backgrounds import BackgroundSet
from datasets.fetch.openimages import BASE_URL, Request, fetch_openimages
from datasets.importing.foregrounds import import_foregrounds
from datasets.importing.record import ForegroundSet, Settings
from datasets.samples.layout import SampleSet

Progress = Callable[[str, int, int], None]


def build_set(
    dataset: DatasetSection, foregrounds: Path, progress: Progress = lambda what, done, total: None
) -> tuple[ForegroundSet, BackgroundSet, SampleSet]:
    """Make the set at `dataset.path`, with `<path>-foregrounds` and `<path>-backgrounds`, its parts, beside it.

    A step whose result is there already, intact, does nothing, so that a run that was cut short is continued.

    Args:
        dataset: the section, with a recipe.
        foregrounds: the folder of the published set, as it unpacks.
        progress: called with (what is being done, done, total).

    Raises:
        UsageError: there is no recipe or no path, or a folder holds something else.
        DataError: foregrounds are not recognised or damaged, or photographs cannot be fetched.
    """
    recipe = dataset.recipe
    if recipe is None or dataset.path in BUNDLED:
        raise UsageError("the configuration's dataset section: expected a `recipe`, and a `path` for the set it makes")
    out = Path(dataset.path)
    people, places = out.with_name(f"{out.name}-foregrounds"), out.with_name(f"{out.name}-backgrounds")
    imported = import_foregrounds(
        foregrounds,
        people,
        Settings(
            kind=recipe.kind,
            limit=recipe.foregrounds,
            seed=dataset.seed,
            max_side=recipe.max_side,
            skip_damaged=recipe.skip_damaged,
        ),
        progress=progress,
    )
    fetched = fetch_openimages(
        places,
        Request(
            split=recipe.split,
            seed=dataset.seed,
            count=recipe.backgrounds,
            table=recipe.table,
            base_url=recipe.base_url or BASE_URL,
        ),
        progress=progress,
    )
    composed = compose_set(
        people,
        places,
        out,
        size=dataset.size,
        per_foreground=recipe.per_foreground,
        seed=dataset.seed,
        plate=recipe.plate,
        progress=lambda done, total: progress("composing", done, total),
    )
    return imported, fetched, composed
