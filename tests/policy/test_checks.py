"""What the check finds in a policy: no database."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kivijalka.policy.change import Translation
from kivijalka.policy.checks import check
from kivijalka.policy.models import example_content
from kivijalka.policy.reading import Finding, Unreadable, read_scales
from kivijalka.policy.scales import CLASSES, DIMENSIONS, LEVELS

WORDS = {"en": "a", "fi": "b", "sv": "c"}
# Who accepts, by the example.
ROLES = {one["role"] for one in example_content()["acceptance"]}


@pytest.fixture
def content() -> dict[str, Any]:
    return deepcopy(example_content())


def found(content: dict[str, Any], **known: Any) -> list[tuple[str, str]]:
    return [(finding.code, finding.where) for finding in check(read_scales(content), **known)]


def test_the_example_has_nothing_to_mend_and_agrees_with_the_expected_loss(content: dict[str, Any]) -> None:
    assert found(content) == []


def test_a_gap_between_two_levels_is_told_with_both_ends(content: dict[str, Any]) -> None:
    content["likelihood"][2]["low"] = 0.06
    [finding] = check(read_scales(content))
    assert (finding.code, finding.where, finding.grave) == ("gap", "likelihood[3].low", True)
    assert "0.05" in finding.what and "0.06" in finding.what and finding.how


def test_levels_that_overlap_are_told_in_their_dimension(content: dict[str, Any]) -> None:
    content["dimensions"][2]["levels"][3]["low"] = 4_000_000
    assert found(content) == [("overlap", "dimensions.finance[4].low")]


@pytest.mark.parametrize(("low", "high"), [(0, 0.01), (-1, 0.01), (0.01, 0.01), (0.02, 0.01)])
def test_a_range_is_neither_empty_nor_upside_down_nor_from_zero(
    content: dict[str, Any], low: float, high: float
) -> None:
    content["likelihood"][0] |= {"low": low, "high": high}
    assert ("upside_down", "likelihood[1]") in found(content)


def test_a_cell_lower_than_a_less_likely_one_is_not_monotone(content: dict[str, Any]) -> None:
    content["matrix"]["4"][2] = "low"
    assert ("not_monotone", "matrix.4[3]") in found(content)


def test_a_cell_lower_than_a_less_severe_one_is_not_monotone(content: dict[str, Any]) -> None:
    content["matrix"]["1"][4] = "low"
    assert ("not_monotone", "matrix.1[5]") in found(content)


@settings(deadline=None)
@given(row=st.sampled_from(LEVELS), column=st.sampled_from(LEVELS), key=st.sampled_from(CLASSES))
def test_one_cell_changed_is_refused_exactly_when_it_breaks_the_order(row: int, column: int, key: str) -> None:
    content = deepcopy(example_content())
    matrix = content["matrix"]
    matrix[str(row)][column - 1] = key
    rank = [[CLASSES.index(cell) for cell in matrix[str(level)]] for level in LEVELS]
    falls = any(rank[r][c] > rank[r][c + 1] for r in range(5) for c in range(4)) or any(
        rank[r][c] > rank[r + 1][c] for r in range(4) for c in range(5)
    )
    assert any(code == "not_monotone" for code, _where in found(content)) == falls


def test_a_cell_that_differs_from_the_expected_loss_is_told_but_not_grave(content: dict[str, Any]) -> None:
    content["matrix"]["3"][2] = "high"
    [finding] = check(read_scales(content))
    assert (finding.code, finding.where, finding.grave) == ("loss_differs", "matrix.3[3]", False)
    assert "kohtalainen" in finding.what


def test_bands_of_loss_join_and_reviews_never_become_rarer(content: dict[str, Any]) -> None:
    content["classes"][1]["eal_from"] = 30_000
    content["classes"][3]["review_months"] = 24
    assert {code for code, _where in found(content)} == {"gap", "review"}


def test_each_class_has_one_authority_that_somebody_can_hold(content: dict[str, Any]) -> None:
    content["acceptance"][3]["role"] = "emperor"
    del content["acceptance"][0]
    roles = {"unit_head", "service_entity_head", "sector_director", "chief_executive"}
    assert found(content, roles=roles) == [("authority", "acceptance"), ("unknown_role", "acceptance.critical.role")]


@pytest.mark.parametrize("count", ["three", -1, 1e12, True])
def test_a_rule_of_escalation_counts_by_numbers_and_asks_somebody(content: dict[str, Any], count: object) -> None:
    content["escalation"][3] |= {"when": {"postponements": count}, "to": "emperor"}
    wanted = [("wrong_kind", "escalation[4].when.postponements"), ("unknown_role", "escalation[4].to")]
    assert found(content, roles={"sector_director", "chief_executive", *ROLES}) == wanted


def test_a_policy_says_which_rules_are_watched_by_themselves(content: dict[str, Any]) -> None:
    watched = {rule.key: rule.is_watched for rule in read_scales(content).escalation}
    assert {key for key, is_so in watched.items() if not is_so} == {"crosses_units", "retirement_slipped"}


def test_a_class_that_is_not_declared_is_told_wherever_it_is_named(content: dict[str, Any]) -> None:
    content["appetite"]["hazard"] = content["matrix"]["1"][0] = "tiny"
    assert ("unknown_class", "appetite.hazard") in found(content)
    assert ("unknown_class", "matrix.1[1]") in found(content)


def test_a_policy_has_the_levels_dimensions_and_classes_of_an_assessment(content: dict[str, Any]) -> None:
    del content["likelihood"][4], content["dimensions"][0], content["matrix"]["5"]
    content["classes"][0]["order"] = 9
    assert {code for code, _where in found(content)} == {"levels", "dimensions", "classes", "matrix_shape"}


def test_a_text_that_one_language_lacks_is_told(content: dict[str, Any]) -> None:
    content["likelihood"][0]["name"]["sv"] = " "
    assert found(content) == [("words", "likelihood[1].name")]


@pytest.mark.parametrize(
    ("place", "value", "code"),
    [
        ("likelihood", {"level": 1}, "not_a_list"),
        ("likelihood", [3], "not_a_mapping"),
        ("matrix", [], "not_a_mapping"),
        ("floors", [{"dimension": "people", "impact_from": "five", "class": "high"}], "wrong_kind"),
        ("acceptance_rules", {"not_own_risk": "yes"}, "wrong_kind"),
        ("acceptance_rules", {"not_own_rsik": True}, "unknown_name"),
    ],
)
def test_what_is_no_policy_is_refused_with_its_place(
    content: dict[str, Any], place: str, value: Any, code: str
) -> None:
    content[place] = value
    with pytest.raises(Unreadable) as caught:
        read_scales(content)
    findings: list[Finding] = caught.value.findings
    assert [finding.code for finding in findings][:1] == [code]
    assert findings[0].part == place


def test_every_mistake_of_a_document_is_told_at_once(content: dict[str, Any]) -> None:
    del content["likelihood"], content["classes"]
    content["dimensions"][0]["levels"][0]["low"] = "a thousand"
    with pytest.raises(Unreadable) as caught:
        read_scales(content)
    assert sorted(finding.where for finding in caught.value.findings) == [
        "classes",
        "dimensions[1].levels[1].low",
        "likelihood",
    ]


def test_a_floor_raises_the_class_of_a_risk_to_people(content: dict[str, Any]) -> None:
    content["floors"] = [{"dimension": "people", "impact_from": 4, "class": "critical"}]
    scales = read_scales(content)
    assert scales.level_of(1, {"people": 4}) == "4_critical"
    assert scales.level_of(1, {"people": 1, "finance": 4}) == "2_moderate"


@settings(deadline=None)
@given(likelihood=st.sampled_from(LEVELS), impact=st.sampled_from(LEVELS), dimension=st.sampled_from(DIMENSIONS))
def test_a_policy_that_did_not_change_changes_no_risk(likelihood: int, impact: int, dimension: str) -> None:
    scales = read_scales(example_content())
    same = Translation(scales, scales)
    assert same.level_of(likelihood, {dimension: impact}) == scales.level_of(likelihood, {dimension: impact})


def test_levels_are_read_by_what_they_stand_for_when_the_scales_change(content: dict[str, Any]) -> None:
    old = read_scales(content)
    # Once in a hundred years is now the whole of level 2: what was "unlikely" becomes "very unlikely".
    changed = deepcopy(content)
    changed["likelihood"][0]["high"] = changed["likelihood"][1]["low"] = 0.04
    new = Translation(old, read_scales(changed))
    assert (new.likelihood(2), new.likelihood(3)) == (1, 3)
    assert new.level_of(2, {"finance": 3}) == "1_low"
    assert old.level_of(2, {"finance": 3}) == "2_moderate"


def test_a_changed_matrix_alone_changes_the_class(content: dict[str, Any]) -> None:
    changed = deepcopy(content)
    changed["matrix"]["2"][2] = "high"
    new = Translation(read_scales(content), read_scales(changed))
    assert new.level_of(2, {"finance": 3, "trust": None}) == "3_high"


@pytest.mark.parametrize(
    ("part", "value", "code"),
    [
        ("common_causes", [{"key": "meteor", "low": 0.1, "high": 0.2, "name": WORDS}], "unknown_cause"),
        ("common_causes", [{"key": "flood", "low": 0.2, "high": 0.1, "name": WORDS}], "upside_down"),
        ("common_causes", [{"key": "flood", "low": 0.1, "high": 0.2, "name": WORDS}] * 2, "twice"),
        ("loss_limits", [{"kind": "village", "years": 20, "eur": 100}], "unknown_kind"),
        ("loss_limits", [{"kind": "group", "years": 1, "eur": 100}], "no_limit"),
        (
            "loss_limits",
            [{"kind": "group", "years": 20, "eur": 100}, {"kind": "group", "years": 50, "eur": 90}],
            "limits_cross",
        ),
    ],
)
def test_common_causes_and_limits_that_do_not_fit_are_told(part: str, value: list[Any], code: str) -> None:
    told = check(read_scales({**example_content(), part: value}))
    assert [finding.code for finding in told if finding.grave] == [code]


@pytest.mark.parametrize(
    ("scale", "change", "code"),
    [
        ("controllability", lambda answers: [*answers, answers[0]], "twice"),
        ("controllability", lambda answers: answers[:1], "one_answer"),
        ("controllability", lambda answers: [{**answers[0], "key": "Oma itse"}, *answers[1:]], "unfit_key"),
        ("controllability", lambda answers: [{**answers[0], "name": answers[1]["name"]}, *answers[1:]], "same_words"),
        ("control_adequacy", lambda answers: answers[1:], "no_control"),
    ],
)
def test_answers_that_a_risk_could_not_hold_or_a_reader_not_tell_apart_are_refused(
    content: dict[str, Any], scale: str, change: Any, code: str
) -> None:
    content[scale] = change(content[scale])
    found = [finding for finding in check(read_scales(content)) if finding.code == code]
    assert found and all(finding.grave and finding.where == scale and finding.how for finding in found)


def test_an_answer_without_words_in_each_language_is_refused(content: dict[str, Any]) -> None:
    content["control_adequacy"][1]["name"]["sv"] = ""
    assert ("words", "control_adequacy[2].name") in found(content)


def test_a_policy_need_not_ask_how_a_risk_is_controlled(content: dict[str, Any]) -> None:
    del content["controllability"], content["control_adequacy"]
    assert found(content) == []
