"""Several who do the same at the same moment: it is done once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from kivijalka.access import acting
from kivijalka.areas.packs import starters
from kivijalka.risks import beginnings
from kivijalka.risks.models import Risk
from tests import factories as make


def test_of_several_who_begin_with_the_same_typical_risk_at_once_one_makes_it(committed: str) -> None:
    school = make.unit("Koivukylän koulu")
    head = make.holder("unit_head", unit=school)
    typical = [starters()["propped-door-intruder"]]

    def taken(_who: int) -> int:
        """Over a connection of this thread's own."""
        try:
            with acting(head.pk) as actor:
                return len(beginnings.take(actor, school, typical))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(taken, range(4))) == [0, 0, 0, 1]
    assert Risk.objects.filter(unit=school.number).count() == 1
