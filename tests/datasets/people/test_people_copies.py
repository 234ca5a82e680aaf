"""Copies of people: moved, mirrored, scaled, lit, composed exactly; with those of the shipped pack no gap is left."""

import numpy as np
import pytest
from tiny_people import BOX, SIZE

from configs.errors import DataError
from datasets.people.copies import COPIES, Copy, copied_people, copied_person
from datasets.people.pack import Pack, load_background, load_foreground, open_pack
from datasets.people.person import people_sample
from datasets.samples.composite import composite
from datasets.samples.coverage import KINDS, CoverageMeter
from datasets.samples.gaps import gaps

TOP, LEFT, HEIGHT, WIDTH = BOX


def test_a_copy_in_its_own_place_is_its_original(pack: Pack) -> None:
    first = pack.record.samples[0]
    original, copy = people_sample(pack, first, "exact", 1), copied_person(pack, Copy(1, 100, TOP, LEFT, False))
    assert copy.id == "people/0101"
    assert copy.tags == (*first.tags, "copy")
    for role in ("source", "background", "alpha", "foreground"):
        assert (getattr(copy, role) == getattr(original, role)).all(), role


def test_a_copy_is_moved_and_what_leaves_the_frame_is_cut(pack: Pack) -> None:
    _, alpha = load_foreground(pack, pack.record.samples[0])
    moved = copied_person(pack, Copy(1, 100, TOP + 5, LEFT - 30, False))
    assert (moved.alpha[TOP + 5 :, : WIDTH - 10] == alpha[TOP : SIZE[0] - 5, LEFT + 10 : LEFT + WIDTH]).all()
    assert not moved.alpha[:, WIDTH - 10 :].any()
    assert not moved.foreground[moved.alpha == 0].any()


def test_a_copy_is_mirrored_with_its_background(pack: Pack) -> None:
    plain, mirrored = (copied_person(pack, Copy(1, 100, TOP, LEFT, turned)) for turned in (False, True))
    for role in ("source", "background", "alpha", "foreground"):
        assert (getattr(plain, role) == getattr(mirrored, role)[:, ::-1]).all(), role


def test_a_copy_is_scaled_about_its_upper_left_corner(pack: Pack) -> None:
    larger = copied_person(pack, Copy(1, 150, 0, 10, False)).alpha
    assert np.flatnonzero(larger.any(axis=0)).tolist() == [*range(10, 10 + WIDTH * 3 // 2)]
    assert (larger > 0).any(axis=1).sum() == min(SIZE[0], HEIGHT * 3 // 2)


def test_light_falls_on_person_and_place_and_the_composite_stays_exact(pack: Pack) -> None:
    copy = copied_person(pack, Copy(3, 100, TOP, LEFT, False, "blue", "bright"))
    foreground, _ = load_foreground(pack, pack.record.samples[2])
    background = load_background(pack, pack.record.samples[2])
    assert (copy.foreground[..., 0] == foreground[..., 0].astype(int) * 35 // 100).all()
    assert (copy.foreground[..., 2] == np.minimum(foreground[..., 2].astype(int) * 150 // 100, 255)).all()
    assert (copy.background == np.minimum(background.astype(int) * 170 // 100, 255)).all()
    assert (copy.source == composite(copy.foreground, copy.alpha, copy.background)).all()
    assert copy.tags[-2:] == ("light-blue", "light-bright")


def test_low_light_is_noisy_by_the_seed(pack: Pack) -> None:
    how = Copy(2, 100, TOP, LEFT, False)
    one, again, other = copied_person(pack, how), copied_person(pack, how), copied_person(pack, how, seed=2)
    assert (one.source == again.source).all()
    assert (one.source != other.source).any()
    assert (one.background != load_background(pack, pack.record.samples[1])).any()


def test_what_cannot_be_copied_is_refused(pack: Pack) -> None:
    with pytest.raises(DataError, match="has no people/0009 to copy"):
        copied_person(pack, Copy(9, 100, 0, 0, False))
    with pytest.raises(DataError, match="people/0001: nothing of it is left in the frame"):
        copied_person(pack, Copy(1, 100, 0, 500, False))


def test_half_of_the_people_come_a_second_time() -> None:
    numbers = [copy.number for copy in COPIES]
    assert numbers == sorted(set(numbers))
    assert 2 * len(numbers) == len(open_pack().record.samples)


@pytest.mark.slow
def test_with_the_copies_the_shipped_people_leave_no_gap() -> None:
    shipped = open_pack()
    meter = CoverageMeter(shipped.record.size)
    for sample in shipped.record.samples:
        meter.add(people_sample(shipped, sample, "exact", 1))
    # As docs/people.md says.
    assert [round(100 * meter.coverage().tiles(kind).share, 1) for kind in KINDS] == [59.5, 75.2, 73.1, 100]
    assert "left 6.2 %, right 12 %, top 4.4 %, another 18 % of the frame never opaque" in gaps(meter.coverage())
    for sample in copied_people(shipped):
        meter.add(sample)
    assert gaps(meter.coverage()) == []
