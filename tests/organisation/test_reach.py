"""Who reaches what: roles down the tree, delegation, leaving, reorganisation."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from kivijalka.access import acting
from kivijalka.organisation import commands, responsibility
from kivijalka.organisation.models import Person, Responsibility
from kivijalka.register.models import Node
from kivijalka.register.refusal import Refused
from kivijalka.risks.models import Risk
from tests.factories import city, delegation, fresh, holder, in_days, person, risk, role_of, sector, unit

pytestmark = pytest.mark.django_db


def titles(who: Person, **given: object) -> set[str]:
    with acting(who.pk, **given):  # type: ignore[arg-type]
        return set(Risk.objects.seen().values_list("title", flat=True))


def test_a_role_reaches_down_the_tree_and_not_beside_it() -> None:
    above, beside = sector("A"), sector("B")
    below = unit("A1", parent=above)
    risk("above", unit=above)
    risk("below", unit=below)
    risk("beside", unit=beside)
    assert titles(holder("unit_head", unit=above)) == {"above", "below"}
    assert titles(holder("unit_head", unit=below)) == {"below"}


def test_a_record_above_ones_level_of_confidentiality_is_not_there() -> None:
    there = sector()
    risk("internal", unit=there)
    risk("secret", unit=there, confidentiality=3)
    assert titles(holder("unit_head", unit=there)) == {"internal"}
    assert titles(holder("sector_director", unit=there)) == {"internal", "secret"}


def test_an_owner_sees_the_record_wherever_it_is() -> None:
    someone = holder("unit_head", unit=sector("A"))
    risk("mine elsewhere", unit=sector("B"), owner=someone, confidentiality=3)
    assert titles(someone) == {"mine elsewhere"}


def test_a_moved_unit_is_reached_from_its_new_place_and_no_row_is_rewritten() -> None:
    old, new = sector("old"), sector("new")
    moved = unit("moved", parent=old)
    found = risk("moves along", unit=moved)
    before, after = holder("unit_head", unit=old), holder("unit_head", unit=new)
    admin = holder("access_administrator", unit=city())
    with acting(admin.pk) as actor:
        commands.move(actor, moved, to=new)
    assert titles(before) == set() and titles(after) == {"moves along"}
    assert fresh(found).version == found.version


def test_a_unit_does_not_move_under_itself_or_under_one_below_it() -> None:
    top = sector()
    below = unit(parent=top)
    with acting(holder("access_administrator", unit=city()).pk) as actor:
        for to, code in ((top, "under_itself"), (below, "circle")):
            with pytest.raises(Refused) as caught:
                commands.move(actor, top, to=to)
            assert caught.value.code == code


def test_a_merged_unit_hands_over_what_the_acting_person_cannot_see_too() -> None:
    one, other = unit("one", parent=sector()), unit("other", parent=sector())
    hidden = risk("hidden", unit=one, confidentiality=3)
    with acting(holder("access_administrator", unit=city()).pk) as actor:
        commands.merge(actor, one, into=other, on=in_days(0))
    assert fresh(hidden).unit_id == other.number
    assert fresh(one).end == in_days(0)


def test_a_unit_with_units_below_does_not_end() -> None:
    top = sector()
    unit(parent=top)
    with acting(holder("access_administrator", unit=city()).pk) as actor, pytest.raises(Refused) as caught:
        commands.end_unit(actor, top, on=in_days(0))
    assert caught.value.code == "units_below"


def test_a_role_is_held_once_at_a_time() -> None:
    who, there = person(), sector()
    role_of(who, "unit_head", unit=there)
    with pytest.raises(IntegrityError), transaction.atomic():
        role_of(who, "unit_head", unit=there)


def test_a_deputy_has_the_absent_persons_reach_while_the_delegation_is_in_force() -> None:
    there = sector()
    risk("theirs", unit=there)
    absent, deputy = holder("unit_head", unit=there), holder("employee", unit=sector())
    assert titles(deputy) == set()
    delegation(absent, deputy)
    assert titles(deputy, on_behalf_of=absent.pk) == {"theirs"}
    stranger = holder("employee", unit=sector())
    assert titles(stranger, on_behalf_of=absent.pk) == set()


def test_who_has_left_reaches_nothing() -> None:
    there = sector()
    risk("there", unit=there)
    gone = holder("unit_head", unit=there)
    Person.objects.filter(pk=gone.pk).update(start=in_days(-10), end=in_days(-1))
    assert titles(gone) == set()


def test_a_new_unit_gets_a_number_near_its_parent_and_is_reached_from_above() -> None:
    top = sector()
    head = holder("unit_head", unit=top)
    made = unit("new", parent=top)
    risk("in the new one", unit=made)
    assert made.number > top.number
    assert titles(head) == {"in the new one"}


def test_a_responsibility_counts_when_it_is_accepted_and_only_one_is_accountable() -> None:
    there = sector()
    head, other, found = holder("unit_head", unit=there), holder("employee", unit=there), risk(unit=there)
    with acting(head.pk) as actor:
        node = Node.objects.get(pk=found.pk)
        mine = responsibility.offer(actor, node, person=head, share="A")
        theirs = responsibility.offer(actor, node, person=other, share="A")
        responsibility.answer(actor, mine.pk, "accept")
    with acting(other.pk) as actor:
        with pytest.raises(Refused):
            responsibility.answer(actor, theirs.pk, "accept")
        with pytest.raises(Refused) as caught:
            responsibility.answer(actor, mine.pk, "give_up")
    assert caught.value.code == "no_right"
    assert fresh(mine).state == Responsibility.State.ACCEPTED


def test_to_work_somewhere_does_not_reach_down() -> None:
    top = sector()
    risk("at the unit", unit=top)
    risk("below", unit=unit("below", parent=top))
    assert titles(holder("employee", unit=top)) == {"at the unit"}
    assert titles(holder("board_member", unit=top)) == {"at the unit", "below"}


def test_nobody_acts_for_somebody_who_has_left() -> None:
    there = sector()
    absent, deputy = holder("unit_head", unit=there), holder("employee", unit=sector())
    risk("owned", unit=sector(), owner=absent)
    delegation(absent, deputy)
    assert titles(deputy, on_behalf_of=absent.pk) == {"owned"}
    Person.objects.filter(pk=absent.pk).update(end=in_days(-1))
    assert titles(deputy, on_behalf_of=absent.pk) == set()


def test_the_tree_is_told_to_those_who_see_its_top() -> None:
    above, there = city(), sector()
    partner = holder("partner_member", unit=there)
    with acting(partner.pk), connection.cursor() as cursor:
        for top, expected in ((there, [there.number]), (above, [])):
            cursor.execute("select array(select kj.below(%s))", [top.number])
            assert cursor.fetchone()[0] == expected
