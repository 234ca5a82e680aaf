"""The table of power: of each planted fault what it does, and which of the proofs and the gate sees it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from configs.sizes import size_text
from eval.presentation.formatting import markdown_table

SOUND = "none"
"""What the sound form stands under in the place of a fault."""
HALF = 0.5
"""Of a metric's limit: what no fault may move a mean by, unseen."""
PROOFS = ("parity", "contract", "stimuli", "gate")
BEFORE = ("parity", "contract", "gate")
"""The proofs that there were before the stimuli."""


@dataclass(frozen=True, slots=True)
class Power:
    """What saw one fault, and what it does.

    Attributes:
        fault, kind, precision: of the form that was made faulty; the sound form is called `none`.
        parity, contract, stimuli, gate: what each says of it, of the gate what it does not say of the sound form;
            empty where it passes.
        block: by how much it moves the 8x8 block of alpha that is moved most in terms of what is allowed, 0..1, against
            the sound form.
        block_allowed: by how much that block may move, unseen.
        metric: by how much of its limit it moves the metric that it moves most, against the sound form.
    """

    fault: str
    kind: str
    precision: str
    parity: str
    contract: str
    stimuli: str
    gate: str
    block: float
    block_allowed: float
    metric: float

    def seen_by(self, proofs: Iterable[str] = PROOFS) -> bool:
        """Whether one of these sees it."""
        return any(getattr(self, proof) for proof in proofs)

    @property
    def harmful(self) -> bool:
        """Whether it must be seen."""
        return self.fault != SOUND and (self.block > self.block_allowed or self.metric > HALF)

    @property
    def right(self) -> bool:
        """Whether a sound form passes everything, and no harmful fault does."""
        return not self.seen_by() if self.fault == SOUND else self.seen_by() or not self.harmful


@dataclass(frozen=True, slots=True)
class PowerTable:
    """What saw every fault.

    Attributes:
        size: height and width that the forms were converted at.
        samples: how many samples the gate judged.
        seconds: that all of it took.
        not_tried: inference precisions that do not run here.
        powers: the sound form of each precision, then its faults.
    """

    size: tuple[int, int]
    samples: int
    seconds: float
    not_tried: tuple[str, ...]
    powers: tuple[Power, ...]

    @property
    def right(self) -> bool:
        """Whether every sound form passes and every harmful fault is seen."""
        return all(power.right for power in self.powers)

    @property
    def faults(self) -> tuple[Power, ...]:
        """The rows of faults."""
        return tuple(power for power in self.powers if power.fault != SOUND)


def power_json(table: PowerTable) -> str:
    """Return the table as JSON."""
    rows = [
        {**asdict(power), "seen": power.seen_by(), "harmful": power.harmful, "right": power.right}
        for power in table.powers
    ]
    content = {
        "schema_version": 1,
        "passed": table.right,
        "size": list(table.size),
        "samples": table.samples,
        "seconds": round(table.seconds, 1),
        "not_tried": list(table.not_tried),
        "faults": rows,
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


_LEGEND = (
    "*Block* is how far a fault moves the 8x8 block of alpha that it moves most, against the sound form, and *allowed* "
    "how far it may, unseen: 2/255 in FP32 and FP16, in bf16 and int8 three times what the sound form moves a block as "
    "soft. *Of a limit* is by how much of its limit in the gate it moves a metric's mean; unseen it may be a half."
)


def power_markdown(table: PowerTable) -> str:
    """Return the table as a page of GitHub-flavoured markdown: how it was made, counts, and every fault."""
    made = (
        f"Made by `mattekit gate --self-test --deep`: forms of {size_text(table.size)}, {table.samples} samples before "
        f"the gate, {table.seconds:.0f} s in all."
    )
    parts = ("# The power of the proofs", f"{made} {_conclusion(table)}", counts_markdown(table).rstrip(), _LEGEND)
    return "\n\n".join([*parts, rows_markdown(table.powers)])


def counts_markdown(table: PowerTable) -> str:
    """Return how many faults each proof sees, by precision, and what was unseen before the stimuli and is now."""
    rows = []
    for precision in [*dict.fromkeys(power.precision for power in table.powers), "all"]:
        faults = [power for power in table.faults if precision in ("all", power.precision)]
        harmful = [power for power in faults if power.harmful]
        rows.append(
            (
                precision,
                len(faults),
                *(sum(power.seen_by([proof]) for power in faults) for proof in PROOFS),
                len(harmful),
                sum(not power.seen_by(BEFORE) for power in harmful),
                sum(not power.seen_by() for power in harmful),
            )
        )
    header = ("Precision", "Faults", *(f"Seen by {proof}" for proof in PROOFS), "Harmful")
    unseen = ("Of them unseen without the stimuli", "Unseen")
    texts = [tuple(str(cell) for cell in row) for row in rows]
    return markdown_table((*header, *unseen), texts, right=range(1, 9))


def power_summary(table: PowerTable) -> str:
    """Return the conclusion in a sentence or two."""
    return f"{size_text(table.size)}, {table.seconds:.0f} s: {_conclusion(table)}"


def _conclusion(table: PowerTable) -> str:
    seen = ", ".join(f"{proof} {sum(power.seen_by([proof]) for power in table.faults)}" for proof in PROOFS)
    harmful = [power for power in table.faults if power.harmful]
    missed = [power for power in harmful if not power.right]
    alarms = [power.precision for power in table.powers if power.fault == SOUND and not power.right]
    sentences = [f"{len(table.faults)} faults; seen by {seen}.", f"{len(harmful)} must be seen: {_all_of(missed)}."]
    if alarms:
        sentences.append(f"Refused without a fault: {', '.join(alarms)}.")
    if table.not_tried:
        sentences.append(f"Not tried, because this CPU does not infer in it: {', '.join(table.not_tried)}.")
    return " ".join(sentences)


def _all_of(missed: Sequence[Power]) -> str:
    if not missed:
        return "all are"
    return f"{len(missed)} are not ({', '.join(f'{power.precision} {power.fault}' for power in missed)})"


def rows_markdown(powers: Sequence[Power]) -> str:
    """Return every fault, a row each."""
    rows = [
        (
            power.precision,
            power.kind,
            power.fault,
            *("sees" if power.seen_by([proof]) else "-" for proof in PROOFS),
            f"{255 * power.block:.1f}",
            f"{255 * power.block_allowed:.1f}",
            f"{power.metric:.2f}",
            _verdict(power),
        )
        for power in powers
    ]
    header = ("Precision", "Kind", "Fault", *(proof.capitalize() for proof in PROOFS))
    figures = ("Block, /255", "Allowed, /255", "Of a limit", "")
    return markdown_table((*header, *figures), rows, right=(7, 8, 9))


def _verdict(power: Power) -> str:
    if power.fault == SOUND:
        return "passes" if power.right else "**false alarm**"
    if power.seen_by():
        return "" if power.harmful else "harmless, seen"
    return "**unseen**" if power.harmful else "harmless"
