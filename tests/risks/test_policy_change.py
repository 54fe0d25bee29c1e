"""What another policy would make of the risks of a city."""

from __future__ import annotations

from copy import deepcopy
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kivijalka.access import acting
from kivijalka.policy.models import example_content
from kivijalka.policy.reading import read_scales
from kivijalka.risks.policy_change import Change, Judged, by_unit_below, changed, changes_under
from tests import factories as make
from tests.who import sign_in


def stricter() -> dict[str, Any]:
    """The example, with one cell of a higher class: unlikely and significant is now high."""
    content = deepcopy(example_content())
    content["matrix"]["2"][2] = content["matrix"]["3"][2] = "high"
    return content


def test_only_risks_of_the_changed_cell_change_class() -> None:
    policy, moved, kept, unknown = uuid4(), uuid4(), uuid4(), uuid4()
    risks = [
        (moved, "R-1", "Moved", 1, "2_moderate"),
        (kept, "R-2", "Kept", 1, "1_low"),
        (unknown, "R-3", "", 1, "1_low"),
    ]
    judged = {moved: Judged(policy, 2, {"people": 3}), kept: Judged(policy, 1, {"people": 1})}
    found = changed(risks, judged, {policy: read_scales(example_content())}, read_scales(stricter()))
    assert found == [Change(moved, "R-1", "Moved", 1, "2_moderate", "3_high")]


def test_changes_are_counted_by_the_unit_right_below() -> None:
    parents = {1: None, 2: 1, 3: 2, 4: 1}
    changes = [Change(uuid4(), "", "", unit, "", "") for unit in (1, 3, 3, 4)]
    assert by_unit_below(changes, parents, None) == {1: 4}
    assert by_unit_below(changes, parents, 1) == {1: 1, 2: 2, 4: 1}
    assert by_unit_below(changes, parents, 2) == {3: 2}


def test_changes_of_units_whose_upper_one_is_out_of_sight_are_counted_at_the_highest_seen() -> None:
    assert by_unit_below([Change(uuid4(), "", "", 3, "", "")], {2: 1, 3: 2}, None) == {2: 1}


@pytest.mark.django_db
class TestInTheCity:
    def test_whoever_compares_sees_the_risks_that_they_reach_and_no_other(self) -> None:
        here, there = make.sector(), make.sector()
        near = make.assessed_risk(unit=here, likelihood=2, impact=3)
        make.assessed_risk(unit=there, likelihood=2, impact=3, confidentiality=2)
        make.assessed_risk(unit=here, likelihood=1, impact=1)
        make.assessed_risk(unit=here, likelihood=2, impact=3, state="closed")
        draft, head = make.policy(content=stricter()), make.holder("unit_head", unit=here)
        with acting(head.pk):
            found = changes_under(draft)
        assert [(change.risk, change.before, change.after) for change in found] == [(near.pk, "2_moderate", "3_high")]

    def test_the_page_counts_and_opens_what_would_change(self, client: Client) -> None:
        here = make.sector("Tekniikka")
        risk = make.assessed_risk("Kattila hajoaa", unit=here, likelihood=2, impact=3)
        draft = make.policy(content=stricter())
        sign_in(client, make.holder("risk_expert"))
        text = client.get(f"/policies/{draft.pk}/change/").content.decode()
        assert str(risk.pk) in text and "before=2_moderate&amp;after=3_high" in text
        text = client.get(f"/policies/{draft.pk}/change/?unit={here.code}&before=3_high").content.decode()
        assert str(risk.pk) not in text

    def test_a_version_that_changes_nothing_says_so(self, client: Client) -> None:
        make.assessed_risk(likelihood=2, impact=3)
        draft = make.policy()
        page = sign_in(client, make.holder("risk_expert")).get(f"/policies/{draft.pk}/change/")
        assert page.context["moves"] == []

    def test_a_draft_out_of_reach_is_not_compared(self, client: Client) -> None:
        draft = make.policy(confidentiality=3)
        page = sign_in(client, make.holder("employee")).get(f"/policies/{draft.pk}/change/")
        assert page.status_code == 404

    def test_the_number_of_queries_does_not_grow_with_the_risks(self, client: Client) -> None:
        draft, here = make.policy(content=stricter()), make.sector()
        sign_in(client, make.holder("risk_expert"))
        client.get(f"/policies/{draft.pk}/change/")  # what was decided is read once in a process
        counts = []
        for _again in range(2):
            make.assessed_risk(unit=here, likelihood=2, impact=3)
            with CaptureQueriesContext(connection) as asked:
                client.get(f"/policies/{draft.pk}/change/")
            counts.append(len(asked))
        assert counts[0] == counts[1] < 30
