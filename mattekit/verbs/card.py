"""`mattekit card`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from mattekit.terminal.console import say


def card(
    run: Annotated[Path, typer.Argument(help="A run's folder, with results.json and per_sample.csv.")],
    language: Annotated[Literal["en", "ja", "both"], typer.Option(help="English, Japanese, or a card of each.")] = "en",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where the card is written; by default card.md (Japanese: card.ja.md) in the run's folder. With "
            "both, the Japanese one gets .ja before its ending.",
        ),
    ] = None,
    licence: Annotated[
        str | None, typer.Option(metavar="SPDX", help="Of the weights, such as MIT, where the toolkit cannot know it.")
    ] = None,
    training_data: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What the weights were trained on, and under which licences.")
    ] = None,
) -> None:
    """Write the card of a run's model: what it is for, takes and gives, what it scores, its licences, how to remake it.

    Every number is the run's, or measured now of the very files that ran; what was not measured is said to be so. The
    card begins with Hugging Face's metadata, so that it can be a model repository's README.md. A run whose figures,
    models or record do not match is refused (exit 3). A verdict that is failed or inconclusive stands on the card; the
    verb itself judges nothing and ends with 0.

    Examples:

        mattekit card reports/default-20260101-120000

        mattekit card reports/example --language both --out README.md

        mattekit card reports/mine --licence Apache-2.0 --training-data "Our own studio footage, all rights reserved."
    """
    from configs.files import write_atomically
    from eval.card.content import read_card
    from eval.card.language import CARD_FILES, LANGUAGES
    from eval.card.page import card_markdown

    content = read_card(run, licence, training_data)
    wanted = [each for each in LANGUAGES if language in (each, "both")]
    for each in wanted:
        path = run / CARD_FILES[each]
        if out is not None:
            path = out.with_name(f"{out.stem}.{each}{out.suffix}") if language == "both" and each != "en" else out
        write_atomically(path, card_markdown(content, each))
        say(f"card: {path}")
    if content.verdict in ("failed", "inconclusive"):
        say(f"the verdict is {content.verdict}, and the card says so")
