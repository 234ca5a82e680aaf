"""Train the bundled checkpoint: `python -m training`. The same command continues a killed run.

What is imported up here must be little: a signal that comes while it loads is not caught yet.
"""

from configs.interruption import run_interruptible


def _run() -> None:
    import typer

    from training.command import train

    typer.run(train)


if __name__ == "__main__":
    run_interruptible(_run)
