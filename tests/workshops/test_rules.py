"""How far answers are apart, what stands in their middle, and how the code of a workshop is made."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from kivijalka.workshops import codes, rules


def level_of(likelihood: int, impact: int) -> str:
    """A matrix whose class grows with both."""
    return f"{(likelihood + impact + 1) // 3 + 1}_class"


def apart(*cells: tuple[int, int]) -> tuple[int, float]:
    counted = {cell: cells.count(cell) for cell in cells}
    return rules.disagreement(counted, level_of)


def test_answers_that_are_all_the_same_or_alone_are_not_apart() -> None:
    assert apart() == apart((3, 3)) == apart((3, 3), (3, 3)) == (0, 0.0)


def test_answers_in_other_classes_are_further_apart_than_others_in_the_same() -> None:
    within, across = apart((1, 2), (2, 1)), apart((2, 2), (3, 3))
    assert within[0] == 0 < across[0]
    assert across > within


def test_one_who_sees_it_otherwise_weighs_less_than_a_room_divided() -> None:
    assert apart((1, 1), (5, 5), (5, 5), (5, 5)) < apart((1, 1), (1, 1), (5, 5), (5, 5))


def test_the_distance_is_that_of_two_participants_at_the_mean() -> None:
    assert apart((1, 1), (3, 4))[1] == pytest.approx(5)


@pytest.mark.parametrize(("counts", "middle"), [({}, None), ({3: 1}, 3), ({1: 1, 5: 1}, 5), ({2: 3, 5: 2}, 2)])
def test_the_middle_of_two_is_the_higher(counts: dict[int, int], middle: int | None) -> None:
    assert rules.middle(counts) == middle


def test_a_code_is_of_its_workshop_and_of_letters_that_nobody_takes_for_others() -> None:
    workshop = UUID(int=1)
    assert codes.code_of(workshop) == codes.code_of(workshop)
    found = {codes.code_of(uuid4()) for _ in range(200)}
    assert len(found) == 200
    assert not set("".join(found)) & set("01IO")


def test_a_code_is_known_however_it_is_typed() -> None:
    assert codes.mark_of("K7MX-4P2Q") == codes.mark_of(" k7mx 4p2q") != codes.mark_of("K7MX-4P2R")
