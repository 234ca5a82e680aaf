"""Average two checkpoints' weights: `python -m training.average BEFORE AFTER --share 0.6 --out FILE`.

The average of a network and its fine-tuned self often keeps what the first was good at, and most of what the second
learnt (Wortsman et al., "Robust fine-tuning of zero-shot models", arXiv 2109.01903).
"""

from pathlib import Path
from typing import Annotated

import typer

from configs.errors import MattekitError
from converter.network.checkpoint import check_state_dict, read_state_dict, save_half


def average(before: Path, after: Path, share: float, out: Path) -> None:
    """Write (1 - share) * before + share * after as fp16 safetensors; counters are taken from `after`.

    Raises:
        DataError: a checkpoint cannot be read, or the two are not of one network.
        UsageError: the folder cannot be written.
    """
    first, second = read_state_dict(before), read_state_dict(after)
    check_state_dict(second, first, str(after))
    weights = {
        key: value.float() * (1 - share) + second[key].float() * share if value.is_floating_point() else second[key]
        for key, value in first.items()
    }
    save_half(weights, out, {"before": before.name, "after": after.name, "share": str(share)})


def main(
    before: Annotated[Path, typer.Argument(help="The checkpoint that the fine-tuning began from.")],
    after: Annotated[Path, typer.Argument(help="The fine-tuned checkpoint.")],
    out: Annotated[Path, typer.Option(help="The averaged checkpoint.")],
    share: Annotated[float, typer.Option(min=0, max=1, help="The share of the fine-tuned one.")] = 0.5,
) -> None:
    """Average the weights of a network and of its fine-tuned self."""
    try:
        average(before, after, share, out)
    except MattekitError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(error.exit_code) from error


if __name__ == "__main__":
    typer.run(main)
