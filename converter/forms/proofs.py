"""What is recorded of the proof of a form: how far it is from the original, run as declared and in wrong ways."""

from typing import Literal

from configs.records import Frozen

Kind = Literal[
    "alpha gain",
    "alpha offset",
    "alpha gamma",
    "alpha shift",
    "alpha left coarse",
    "foreground gain",
    "foreground offset",
    "foreground gamma",
    "foreground shift",
    "foreground cross-talk",
]
Output = Literal["alpha", "foreground"]


class Difference(Frozen):
    """|difference| of one output over all samples, in 0..1 units."""

    max: float
    mean: float
    quantile: float


class Parity(Frozen):
    """How far a form is from the original: alpha, foreground, and the share of cells that were refined otherwise.

    `foreground` is None of networks that give alpha alone, `cells` and `differing_cells` of those that choose no cells.
    `cells` counts cells in which any alpha differs by more than 1e-2: near-ties of the predicted error make forms
    choose other cells to refine, which is a large difference in a few places.
    """

    alpha: Difference
    foreground: Difference | None
    cells: float | None
    differing_cells: int | None
    samples: int


class Counterfactuals(Frozen):
    """Distance from the original (mean |difference| of alpha plus that of foreground) for every way to run the form."""

    distances: dict[str, float]


class Recurrence(Frozen):
    """What a clip shows of a form that carries states from frame to frame.

    Attributes:
        first: parity of the first frame.
        later: of the frames after it, to which states were carried.
        distances: by way to carry the states, the distance from the original of the frame that is furthest from it.
    """

    first: Parity
    later: Parity
    distances: dict[str, float]


class WorstBlock(Frozen):
    """The 8x8 block that moved furthest in terms of its limit, of one output.

    Attributes:
        moved: |mean difference|, 0..1; of the foreground that of the channel that moved most.
        limit: what it was allowed.
        sample: its index in the order in which samples were added.
        x, y: the block's upper left pixel.
        beyond: how many places there are, over all samples, at which a block moved by more than its limit.
    """

    moved: float
    limit: float
    sample: int
    x: int
    y: int
    beyond: int


class Tiles(Frozen):
    """What the blocks of all samples show.

    `foreground` is weighted by the original's alpha, as it shows in a picture: where nothing is opaque it means
    nothing; None of networks that give alpha alone. `excused` counts the cells refined otherwise, of `cells`; 0 of 0
    where the network chooses none.
    """

    alpha: WorstBlock
    foreground: WorstBlock | None
    excused: int
    cells: int
    samples: int


class Component(Frozen):
    """One component of the systematic part.

    Attributes:
        name: such as `foreground gain of red`; alpha's have no "of", a shift has "along x".
        kind: what limits are named by.
        value: the estimate. Gains, cross-talk and gammas are factors and exponents; offsets are in 0..1 units;
            shifts in pixels, to the right and down.
        low, high: its interval; None where the samples are too few for one.
        neutral: the value of a form that equals the original.
        samples: how many determine the component by themselves.
    """

    name: str
    kind: Kind
    value: float
    low: float | None
    high: float | None
    neutral: float
    samples: int


class Systematic(Frozen):
    """All components that some sample determines."""

    components: tuple[Component, ...]

    def component(self, name: str) -> Component | None:
        """Return the component of this name; None where no sample determines it."""
        return next((component for component in self.components if component.name == name), None)


class Share(Frozen):
    """How much of a fault is in a form: 0 none of it, 1 all of it, with the interval; None where no sample tells."""

    fault: str
    output: Output
    value: float | None
    low: float | None
    high: float | None


class StimuliProof(Frozen):
    """What the battery of stimuli shows of a form.

    Attributes:
        limits: the precision by whose limits it was judged.
        parity: as on the configured composites.
        tiles: the 8x8 blocks that moved most.
        systematic: the systematic part of the difference.
        shares: how much of what slightly wrong inputs do to the original is in the form.
    """

    limits: str
    parity: Parity
    tiles: Tiles
    systematic: Systematic
    shares: tuple[Share, ...]


class ContractProof(Frozen):
    """Where the contract of a model of anybody's comes from, and how sure it is.

    Attributes:
        how: `read` from the file; `given` by the user, and not refuted by any other way to run it; `proved`, the one of
            all plausible ways that brings it near the original.
        takes: the contract, in words.
        distance: from the original when run so (mean |difference| of alpha plus that of the foreground); None of one
            that was read.
        next_nearest, next_distance: the nearest way that was not taken, by what is otherwise in it; None where there
            was none.
        tried: how many ways were tried.
        samples: on how many composites.
    """

    how: Literal["read", "given", "proved"]
    takes: str
    distance: float | None = None
    next_nearest: str | None = None
    next_distance: float | None = None
    tried: int = 0
    samples: int = 0

    @property
    def text(self) -> str:
        """What it says, in a sentence without its end."""
        if self.distance is None:
            return f"contract {self.how} from the file: {self.takes}"
        if self.next_distance is None:
            sure = f"at a distance of {self.distance:.2g} from the original"
        else:
            sure = (
                f"the nearest to the original of {self.tried} ways on {self.samples} composites, {self.distance:.2g} "
                f"against {self.next_distance:.2g} with {self.next_nearest}"
            )
        return f"contract {self.how}: {self.takes}; {sure}"
