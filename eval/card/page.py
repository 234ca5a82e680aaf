"""A card as markdown: the front matter, then its language's template, filled with the same values in each."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from configs.text import visible
from eval.card.commands import (
    conversion_command,
    conversion_job,
    demo_commands,
    download_commands,
    rerun_commands,
)
from eval.card.content import Card
from eval.card.front_matter import front_matter
from eval.card.language import Language
from eval.card.rows import accuracy_rows, port_rows, variant_cells
from eval.presentation.formatting import code, fence, number, plain, signed
from eval.run.results import Results

TEMPLATES = Path(__file__).parent / "templates"


def card_markdown(card: Card, language: Language = "en") -> str:
    """Return the card in a language; numbers, names and commands are the same in every one."""
    page = _environment().get_template(f"card.{language}.md.j2").render(_values(card), fence=fence, row=_row)
    return visible(front_matter(card, language) + page, keep="\n")


@cache  # with the templates it has compiled
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # markdown, which `code` and `plain` escape
    )
    environment.filters |= {"cell": _cell, "code": _code, "number": number, "plain": plain, "signed": signed}
    return environment


def _values(card: Card) -> dict[str, Any]:
    results, dataset = card.results, card.results.dataset
    takes = {port.role for port in card.original_contract.inputs}
    gives = {port.role for port in card.original_contract.outputs}
    return {
        "card": card,
        "architecture": card.architecture,
        "backbone": card.config.model.backbone if card.original_facts and "backbone" in card.original_facts else None,
        "results": results,
        "dataset": dataset,
        "environment": results.environment,
        "original": card.original,
        "converted": card.converted,
        "others": [each for each in results.converted() if each is not card.converted],
        "verdict": card.verdict,
        "failures": card.judged.failures() + (() if card.gated is None else card.gated.failures()),
        "accuracy": accuracy_rows(card),
        "cells": {variant.name: variant_cells(card, variant) for variant in results.variants},
        "forms": [
            (name, contract, port_rows(contract, "in"), port_rows(contract, "out"))
            for name, contract in (("original", card.original_contract), ("converted", card.converted_contract))
            if contract is not None
        ],
        "takes_plate": "background" in takes,
        "carries_state": "state" in takes,
        "gives_foreground": "foreground" in gives,
        "gives_auxiliary": "auxiliary" in gives,
        "is_onnx": card.config.model.onnx is not None,
        "source_path": card.config.model.onnx or card.config.model.checkpoint,
        "rights": card.rights,
        "download": download_commands(card),
        "job": conversion_job(card),
        "convert": conversion_command(card),
        "demo": demo_commands(card),
        "rerun": rerun_commands(card),
        "files": _files(results),
        "versions": {name: version for name, version in results.environment.versions.items() if version},
    }


def _files(results: Results) -> dict[str, tuple[str, list[str]]]:
    """Return the hash of every converted form's file, and the variants that read it, by the file's path."""
    files: dict[str, tuple[str, list[str]]] = {}
    for variant in results.converted():
        for file, sha256 in variant.files.items():
            files.setdefault(file, (sha256, []))[1].append(variant.name)
    return files


def _cell(text: object) -> str:
    """Return text as a cell of a table; a dash for None."""
    # The dot in front is taken off again: within a cell a number begins no list.
    return "-" if text is None else plain(f".{text}")[1:].replace("|", "\\|")


def _code(text: object) -> str:
    """Return text as code, in a table too."""
    return code(str(text)).replace("|", "\\|")


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
