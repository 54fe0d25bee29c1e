"""What a row is, what it would change, and why it is refused."""

from __future__ import annotations

import csv

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from kivijalka.access import acting
from kivijalka.actions.models import Action
from kivijalka.organisation.models import Person
from kivijalka.register.doors.files.commit import NotCommitted
from kivijalka.register.doors.files.write import export
from kivijalka.register.models.files import ImportFile, ImportMapping
from kivijalka.register.registry import register_by_path
from kivijalka.risks.models import Assessment, Risk
from kivijalka.risks.queries import meanings
from tests.factories import action, assessed_risk, holder, link, person, risk, role_of, unit
from tests.files.imports import csv_of, imported, planned, reasons
from tests.who import as_owner

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> Person:
    return holder("risk_expert")


def test_each_refusal_names_column_value_reason_and_remedy(manager: Person):
    head = ["Title", "Unit", "Risk owner", "Kind", "Likelihood", "Impact on people"]
    place = manager.unit.code
    data = csv_of(
        head,
        ["", place, "", "", "", ""],
        ["Nobody's", place, "Nemo, Nobody", "", "", ""],
        ["Odd kind", place, "", "fishy", "", ""],
        ["No likelihood", place, "", "", "", 3],
        ["Too high", place, "", "", "9", 3],
        ["x" * 301, place, "", "", "", ""],
        ["Nowhere", "", "", "", "", ""],
    )
    told = reasons(planned(data, manager))
    assert told[2] == "Title: This is missing. Fill the cell, or give one value for all rows."
    assert told[3].startswith("Risk owner: “Nemo, Nobody”. Nothing was found by this name or code. Write the code")
    assert told[4].startswith("Kind: “fishy”. It is not known which value this word means. Choose its meaning")
    assert told[5].startswith("Likelihood: This is missing.")
    assert told[6].startswith("Likelihood: “9”. It is not known")
    assert "300" in told[7]
    assert told[8].startswith("Unit: This is missing.")


def test_days_and_money_of_actions_are_read_as_people_write_them(manager: Person):
    head = ["Title", "Unit", "Owner", "Due", "Cost", "Effect", "Measure"]
    columns = {"Due": "due", "Cost": "cost_eur", "Effect": "expected_effect", "Measure": "how_measured"}
    row = [manager.unit.code, manager.email, "30.6.2027", "1,5 milj.", "Fewer cuts", "Cuts a month"]
    imported(csv_of(head, ["Spare line", *row]), manager, into="actions", columns=columns)
    made = Action.objects.get(title="Spare line")
    assert (made.due.isoformat(), made.cost_eur, made.owner) == ("2027-06-30", 1_500_000, manager)
    told = reasons(
        planned(csv_of(head, ["Late", *row[:2], "31.2.2027", *row[3:]]), manager, into="actions", columns=columns)
    )
    assert told[2] == "Due: “31.2.2027”. This is not a date. Write it as 28.2.2027 or 2027-02-28."


def test_nothing_comes_in_while_a_row_is_refused_until_it_is_left_out(manager: Person):
    data = csv_of(["Title", "Unit"], ["Good", manager.unit.code], ["Bad", "U-999999"])
    with pytest.raises(NotCommitted):
        imported(data, manager)
    assert not Risk.objects.exists()
    imported(data, manager, leave_out=True)
    assert [risk.title for risk in Risk.objects.all()] == ["Good"]


def test_what_only_a_commands_rule_refuses_is_seen_in_the_preview(manager: Person):
    place = manager.unit.code
    data = csv_of(["Title", "Unit", "Likelihood"], ["Good", place, ""], ["No impact", place, 3])
    assert reasons(planned(data, manager)) == {3: "Give at least one impact. The worst of them gives the risk's level."}
    with pytest.raises(NotCommitted):
        imported(data, manager)
    assert not Risk.objects.exists()


def test_all_faults_of_a_row_are_told_at_once(manager: Person):
    data = csv_of(["Title", "Unit", "Risk owner", "Likelihood"], ["", "", "Nemo, Nobody", "fishy"])
    told = reasons(planned(data, manager))[2]
    assert "Title: This is missing." in told
    assert "Unit: This is missing." in told
    assert "“Nemo, Nobody”. Nothing was found" in told
    assert "“fishy”. It is not known" in told
    assert told.count("Likelihood") == 1


def test_a_preview_takes_no_codes_and_keeps_nothing(manager: Person):
    data = csv_of(["Title", "Unit"], ["Fire", manager.unit.code], ["Flood", manager.unit.code])
    first = risk()
    planned(data, manager)
    assert list(Risk.objects.all()) == [first]
    second = risk()
    assert int(second.code[2:]) == int(first.code[2:]) + 1


def test_history_tells_each_command_of_rows_that_came_in_together(manager: Person):
    head = ["Title", "Unit", "Likelihood", "Impact on people"]
    imported(csv_of(head, *[[f"Risk {n}", manager.unit.code, 2, 3] for n in range(3)]), manager)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("select kept_command, version, kept_by, count(*) from history.risks_risk group by 1, 2, 3")
        assert sorted(cursor.fetchall()) == [("add", 1, manager.pk, 3), ("assess", 2, manager.pk, 3)]


def test_a_row_that_the_database_refuses_is_found_among_the_others(manager: Person):
    administrator = holder("access_administrator")
    head = ["Given name", "Family name", "E-mail", "Unit", "Start", "End", "Language"]
    rows = [
        ["Anna", f"Laine {n}", f"laine{n}@esimerkki.example", manager.unit.code, "1.2.2026", end, "fi"]
        for n, end in enumerate(["", "", "", "1.1.2026", ""])
    ]
    data = csv_of(head, *rows)
    told = reasons(planned(data, administrator, into="persons"))
    assert list(told) == [5]
    assert "The end is before the start" in told[5]
    imported(data, administrator, into="persons", leave_out=True)
    assert Person.objects.filter(family_name__startswith="Laine").count() == 4


def test_words_are_corrected_by_a_person(manager: Person):
    data = csv_of(["Title", "Unit", "Likelihood", "Impact on people"], ["Fire", manager.unit.code, "hardly", "High"])
    assert planned(data, manager).counts["refused"] == 1
    imported(data, manager, words={"likelihood": {"hardly": "1"}, "people": {"high": "5"}})
    made = Risk.objects.get()
    assert (made.likelihood, made.impact, made.state) == (1, 5, "assessed")
    assert Assessment.objects.get().people == 5


def test_a_changed_row_says_what_changes_and_an_empty_cell_changes_nothing(manager: Person):
    old = assessed_risk("Fire", unit=manager.unit, likelihood=2, impact=3, cause="Old wiring")
    data = csv_of(["Code", "Title", "Cause", "Likelihood"], [old.code, "Fire in the attic", "", "4"])
    found = planned(data, manager)
    changes = [(str(change.label), change.before, change.after) for change in found.rows[0].changes]
    assert changes == [("title", "Fire", "Fire in the attic"), ("Likelihood", "2 unlikely", "4 likely")]
    same = csv_of(["Code", "Title", "Cause", "Likelihood"], [old.code, "Fire", "", "2"])
    assert planned(same, manager).counts["same"] == 1


def test_a_file_without_keys_is_known_by_title_and_unit(manager: Person):
    place = manager.unit.code
    data = csv_of(["Title", "Unit", "Cause"], ["Fire", place, "Wiring"], ["Flood", place, "Rain"])
    imported(data, manager)
    assert planned(data, manager, name="another").counts["same"] == 2
    twice = csv_of(["Title", "Unit"], ["Fire", place], ["Fire", place])
    assert "row 2" in reasons(planned(twice, manager))[3]


def test_keys_of_the_file_tell_rows_apart_and_follow_a_renamed_title(manager: Person):
    place = manager.unit.code
    imported(
        csv_of(["No", "Title", "Unit"], ["1", "Fire", place], ["2", "Fire", place]), manager, columns={"No": "key"}
    )
    assert Risk.objects.filter(title="Fire").count() == 2
    again = csv_of(["No", "Title", "Unit"], ["1", "Fire in the attic", place], ["2", "Fire", place])
    found = imported(again, manager, columns={"No": "key"})
    assert found.counts == {"new": 0, "changed": 1, "same": 1, "refused": 0}
    assert Risk.objects.count() == 2


def test_a_code_out_of_reach_is_answered_as_one_that_is_not_there(manager: Person):
    outsider = holder("risk_expert", unit=unit())
    hidden = risk("Hidden", unit=unit())
    head = ["Code", "Title"]
    with_code = [[hidden.code, "Mine now"], ["R-999999", "Mine now"]]
    data = csv_of(head, *with_code)
    told = reasons(planned(data, outsider, columns={"Code": "code"}))
    assert told[2].replace(hidden.code, "X") == told[3].replace("R-999999", "X")


def test_rows_outside_of_ones_right_are_refused(manager: Person):
    mine, other = unit(), unit()
    local = holder("risk_expert", unit=mine)
    data = csv_of(["Title", "Unit"], ["Here", mine.code], ["There", other.code])
    told = reasons(planned(data, local))
    assert list(told) == [3]
    onlooker = holder("auditor", unit=mine)
    assert set(reasons(planned(data, onlooker))) == {2, 3}
    with pytest.raises(NotCommitted):
        imported(data, onlooker)
    assert not Risk.objects.exists()


def test_mappings_and_files_are_their_persons_own(manager: Person):
    data = csv_of(["Title", "Unit"], ["Fire", manager.unit.code])
    imported(data, manager)
    with acting(person().pk):
        assert not ImportMapping.objects.exists()
        assert not ImportFile.objects.exists()
    with acting(manager.pk):
        assert ImportMapping.objects.count() == 1


def test_persons_come_in_by_their_address(manager: Person):
    administrator = holder("access_administrator")
    head = ["Given name", "Family name", "E-mail", "Unit", "Start", "Language"]
    row = ["Aino", "Laine", "aino@esimerkki.example", manager.unit.name_fi, "1.2.2026", "svenska"]
    imported(csv_of(head, row), administrator, into="persons")
    made = Person.objects.get(email="aino@esimerkki.example")
    assert (str(made), made.unit, made.language) == ("Aino Laine", manager.unit, "sv")
    moved = csv_of(head, [*row[:1], "Mäki", *row[2:]])
    assert planned(moved, administrator, into="persons").counts["changed"] == 1


@pytest.mark.parametrize("path", ["units", "persons", "roles", "risks", "actions"])
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_every_register_goes_out_and_comes_back_the_same(path: str, kind: str, manager: Person):
    assessed_risk("=Sum", unit=manager.unit, owner=manager, areas=["rescue_safety", "premises_security"])
    risk('Only a draft, said "so"; twice', unit=manager.unit, cause="Line one\nline two")
    action(unit=manager.unit, cost_eur="1250.50", confidentiality=0)
    sees_all = holder("chief_executive")
    role_of(sees_all, "access_administrator")
    register = register_by_path(path)
    with acting(sees_all.pk), export(register, QueryDict(), kind) as made:
        data = made.read()
    found = planned(data, sees_all, into=path)
    assert (reasons(found), [row.changes for row in found.of("changed")]) == ({}, [])
    assert found.counts["same"] == register.model.objects.count() > 0


def test_links_within_reach_go_out_by_code_and_change_nothing_when_they_come_back(manager: Person):
    treated = assessed_risk(unit=manager.unit)
    seen = sorted(action(unit=manager.unit).code for _each in range(2))
    for made in [*Action.objects.all(), action(unit=manager.unit, confidentiality=3)]:
        link("treats", made, treated)
    with acting(manager.pk), export(register_by_path("risks"), QueryDict(), "csv") as made:
        data = made.read()
    [row] = csv.DictReader(data.decode("utf-8-sig").splitlines(), delimiter=";")
    assert row["Is treated by"] == "; ".join(seen)
    found = planned(data, manager)
    assert found.counts["same"] == 1 and not reasons(found)


def test_a_preview_asks_no_more_for_many_rows_than_for_few(manager: Person):
    place = manager.unit.code

    def queries(count: int) -> int:
        rows = [[f"K{n}", f"Risk {n}", place, manager.email, "3", "4"] for n in range(count)]
        data = csv_of(["No", "Title", "Unit", "Risk owner", "Likelihood", "Impact"], *rows)
        with CaptureQueriesContext(connection) as asked:
            assert planned(data, manager, columns={"No": "key"}).counts["new"] == count
        return len(asked)

    queries(2)
    assert queries(60) == queries(2)


def test_an_import_asks_no_more_for_many_rows_than_for_few(manager: Person):
    place = manager.unit.code

    def queries(name: str, count: int) -> int:
        rows = [[f"{name} {n}", place, manager.email, "3", "4"] for n in range(count)]
        data = csv_of(["Title", "Unit", "Risk owner", "Likelihood", "Impact"], *rows)
        with CaptureQueriesContext(connection) as asked:
            assert imported(data, manager).counts["new"] == count
        return len(asked)

    queries("Warm", 2)
    assert queries("Many", 60) == queries("Few", 2)


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_words_of_the_policy_are_understood_in_whatever_language_one_reads(language: str, manager: Person):
    words = {}
    for name in ("fi", "sv", "en"):
        with translation.override(name):
            words[name] = [str(option.name) for option in meanings()["likelihood"].values()]
    rows = [[f"{name} {level}", manager.unit.code, word] for name in words for level, word in enumerate(words[name], 1)]
    rows += [[f"bare {title}", unit, word.split(" ", 1)[1]] for title, unit, word in rows]
    with translation.override(language):
        found = planned(csv_of(["Title", "Unit", "Likelihood", "Impact"], *([*row, "3"] for row in rows)), manager)
    said = {row.title.rsplit(" ", 1)[0] + row.title[-1]: row.inputs["assess"]["likelihood"] for row in found.rows}
    assert reasons(found) == {}
    assert all(str(level) == title[-1] for title, level in said.items())
