"""A personnel system without SCIM: its file says who works where, with which roles, and who does no longer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from kivijalka.access import acting
from kivijalka.exchange.management.commands import import_people
from kivijalka.organisation.models import Person, Role, Unit
from kivijalka.organisation.models.persons import PROGRAM
from kivijalka.organisation.registers import persons
from kivijalka.register.doors.files.done import done_imports, imports_of, undo
from kivijalka.register.models.files import ImportFile
from tests import factories as make
from tests.files.imports import csv_of

pytestmark = pytest.mark.django_db
HEAD = ["Henkilönumero", "Sukunimi", "Etunimi", "Sähköposti", "Yksikkö", "Nimike", "Roolit"]
Run = Callable[..., str]


@pytest.fixture
def school() -> Unit:
    return make.unit("Koulu", external_id="K-77")


@pytest.fixture
def administrator(school: Unit) -> Person:
    who = make.holder("access_administrator", unit=make.city())
    make.account_of(who)
    return who


@pytest.fixture
def run(administrator: Person, tmp_path: Path) -> Run:
    """The command on rows below the usual headings; gives what it printed."""

    def found(*rows: Iterable[Any], head: Iterable[str] = HEAD, commit: bool = True, **options: Any) -> str:
        file, told = tmp_path / "henkilosto.csv", options.pop("stdout", StringIO())
        file.write_bytes(csv_of(head, *rows))
        given = {"email": administrator.email, "language": "en", "commit": commit, **options}
        call_command("import_people", str(file), stdout=told, **given)
        return told.getvalue()

    return found


def row(number: int, unit: Unit, name: str = "Virtanen Aino", title: str = "opettaja", roles: str = "") -> list[Any]:
    family, _space, given = name.partition(" ")
    return [f"H-{number}", family, given, f"henkilo.{number}@esimerkki.example", unit.code, title, roles]


def roles_of(person: Person) -> set[tuple[str, int]]:
    """What they hold today."""
    held = Role.objects.filter(person=person, end=None)
    return set(held.values_list("kind_id", "unit_id"))


def numbered(number: int) -> Person:
    return Person.objects.get(external_id=f"H-{number}")


def test_persons_and_their_roles_come_in_one_command_and_a_second_run_changes_nothing(run: Run, school: Unit) -> None:
    file = [row(1, school, roles=f"unit_head@{school.code}; työntekijä"), row(2, school, roles="employee@K-77")]
    told = run(*file)
    assert "New: 2. Changed: 0. The same: 0. Refused: 0. Roles given: 3, ended: 0. Left: 0." in told
    assert roles_of(numbered(1)) == {("unit_head", school.number), ("employee", school.number)}
    assert (numbered(1).start, numbered(1).work_title) == (make.in_days(0), "opettaja")
    again = run(*file)
    assert "New: 0. Changed: 0. The same: 2. Refused: 0. Roles given: 0, ended: 0. Left: 0." in again
    assert ImportFile.objects.count() == 1, "where nothing changed, no import is noted"


def test_without_the_word_nothing_is_written(run: Run, school: Unit) -> None:
    told = run(row(1, school, roles="employee"), commit=False)
    assert "New: 1." in told and "Roles given: 1" in told and "Nothing was written" in told
    assert not Person.objects.filter(external_id="H-1").exists() and not ImportFile.objects.exists()


def test_a_changed_name_address_and_unit_are_of_the_same_person(run: Run, school: Unit) -> None:
    run(row(1, school, roles="employee"))
    before, other = numbered(1), make.unit()
    moved = ["H-1", "Uusi", "Aino", "aino.uusi@esimerkki.example", other.code, "rehtori", "employee"]
    assert "Changed: 1." in run(moved)
    after = make.fresh(before)
    assert (after.family_name, after.email, after.unit) == ("Uusi", "aino.uusi@esimerkki.example", other)
    assert roles_of(after) == {("employee", other.number)}, "a transfer ends the role at the old unit"


def test_an_address_is_the_same_in_whatever_letters(run: Run, school: Unit) -> None:
    there = make.person("Aino Virtanen", unit=school, email="Henkilo.1@Esimerkki.example")
    assert "New: 0. Changed: 1." in run(row(1, school))
    assert make.fresh(there).external_id == "H-1"
    with pytest.raises(CommandError, match="1 rows are refused"):
        run(row(1, school), ["H-2", *row(1, school)[1:3], "HENKILO.1@esimerkki.example", school.code, "", ""])


def test_the_history_says_who_and_from_which_file_and_all_is_undone_at_once(
    run: Run, school: Unit, administrator: Person
) -> None:
    there = make.person("Bo Berg", unit=school, external_id="H-9")
    run(row(1, school, roles="employee"), row(9, school, "Berg Bo"))
    role = Role.objects.get(person=numbered(1))
    with acting(administrator.pk):
        [file] = done_imports(persons)
        for record in (numbered(1), role, there):
            assert [name for _pk, name, _hash in imports_of(record).values()] == ["henkilosto.csv"]
        undo(file)
    assert not Person.objects.filter(external_id="H-1").exists() and not Role.objects.filter(pk=role.pk).exists()
    assert make.fresh(there).email != "henkilo.9@esimerkki.example"


def test_one_row_that_is_wrong_keeps_all_out_and_each_is_told_with_its_cell(run: Run, school: Unit) -> None:
    file = [
        row(1, school),
        row(2, school, roles="kaiken johtaja@K-77"),
        row(3, school, roles="employee@Ei mikään"),
        ["H-4", "Virtanen", "Aino", "ei osoite", school.code, "", ""],
        ["H-5", "", "Aino", "h5@esimerkki.example", "U-999999", "", ""],
        row(1, school, "Toinen Aino"),
    ]
    told = StringIO()
    with pytest.raises(CommandError, match="5 rows are refused"):
        run(*file, stdout=told)
    for words in (
        "Row 3 (Aino Virtanen): Roles: “kaiken johtaja@K-77”. There is no such kind of role. Write one of: access_ad",
        "Row 4 (Aino Virtanen): Roles: “employee@Ei mikään”. Nothing was found by this name or code.",
        "Row 5 (Aino Virtanen): Sähköposti: “ei osoite”.",
        "Row 6 (Aino): Yksikkö: “U-999999”. Nothing was found by this name or code.",
        "Row 6 (Aino): Sukunimi: This is missing.",
        "Row 7 (Aino Toinen): “Aino Toinen”. The file has this already, on row 2.",
    ):
        assert words in told.getvalue(), told.getvalue()
    assert not Person.objects.filter(external_id__startswith="H-").exists()


def test_a_role_that_people_gave_stays_and_one_that_a_file_gave_ends_with_it(run: Run, school: Unit) -> None:
    run(row(1, school, roles="employee; unit_head"), row(2, school, roles="employee; unit_head"))
    make.role_of(numbered(1), "unit_head", unit=make.city())
    told = run(row(1, school, roles="employee"), row(2, school, roles="employee; unit_head"))
    assert "Roles given: 0, ended: 1." in told
    assert roles_of(numbered(1)) == {("employee", school.number), ("unit_head", make.city().number)}
    run(row(1, school, roles="employee"), row(2, school, roles="employee"))
    assert ("unit_head", school.number) in roles_of(numbered(2)), "of a kind that no row names a file says nothing"
    head = [name for name in HEAD if name != "Roolit"]
    assert "ended: 0" in run(row(1, school)[:-1], row(2, school)[:-1], head=head)


def test_nobody_gives_roles_without_the_right_nor_to_themselves(run: Run, school: Unit, administrator: Person) -> None:
    provisioner = make.holder("provisioner", unit=make.city())
    make.account_of(provisioner)
    with pytest.raises(CommandError, match="1 rows are refused"):
        run(row(1, school, roles="employee"), email=provisioner.email)
    assert "New: 1." in run(row(1, school), email=provisioner.email)
    Person.objects.filter(pk=administrator.pk).update(external_id="H-8")
    mine = ["H-8", administrator.family_name, administrator.given_name, administrator.email, make.city().code, "", ""]
    with pytest.raises(CommandError, match="1 rows are refused"):
        run([*mine[:-1], "chief_executive"])
    assert roles_of(administrator) == {("access_administrator", make.city().number)}


def test_who_is_missing_is_told_and_stays_until_somebody_says_otherwise(run: Run, school: Unit) -> None:
    run(row(1, school, roles="employee"), row(2, school, "Lehto Eero", roles="employee"))
    risk = make.risk(owner=numbered(2), unit=school)
    told = run(row(1, school, roles="employee"))
    assert "is not in the file" in told and "Lehto" in told and "--missing end" in told
    assert numbered(2).end is None
    told = run(row(1, school, roles="employee"), missing="end", most_missing=60, within=school.code)
    assert "Left: 1." in told and numbered(2).end == make.in_days(-1)
    head = make.holder("unit_head", unit=school)
    with acting(head.pk), connection.cursor() as cursor:
        cursor.execute("select record, person from kj.hand_overs()")
        assert (risk.pk, numbered(2).pk) in cursor.fetchall(), "hand-over is asked for"
    with acting(numbered(2).pk) as actor:
        assert actor.reaches == {} or not any(actor.reaches.values()), "they reach nothing at once"


def test_when_many_are_missing_nobody_is_ended_and_nothing_is_written(run: Run, school: Unit) -> None:
    run(*(row(number, school) for number in range(1, 11)))
    with pytest.raises(CommandError, match=r"90\.0 % of those who work here are not in the file, more than 5"):
        run(row(1, school, title="rehtori"), missing="end", within=school.code)
    assert not Person.objects.filter(unit=school).exclude(end=None).exists() and numbered(1).work_title == "opettaja"


def test_whoever_imports_and_programs_are_never_missing(run: Run, school: Unit, administrator: Person) -> None:
    run(row(1, school))
    program = make.person(email=f"w-1{PROGRAM}", unit=school)
    later = make.person(unit=school, start=make.in_days(5))
    run(row(1, school), missing="end", most_missing=100)
    assert all(make.fresh(one).end is None for one in (administrator, program, later))


def test_somebody_at_the_terminal_is_asked(run: Run, school: Unit, monkeypatch: pytest.MonkeyPatch) -> None:
    run(row(1, school), row(2, school))
    for answer, left in (("", 0), ("no\n", 0), ("end\n", 1)):
        terminal = StringIO(answer)
        monkeypatch.setattr(terminal, "isatty", lambda: True)
        monkeypatch.setattr(import_people.sys, "stdin", terminal)
        assert f"Left: {left}." in run(row(1, school), within=school.code)


def test_who_left_and_stands_in_the_file_again_begins_without_former_roles(run: Run, school: Unit) -> None:
    run(row(1, school, roles="employee; unit_head"))
    Person.objects.filter(external_id="H-1").update(start=make.LONG_AGO, end=make.in_days(-5))
    Role.objects.filter(person=numbered(1)).update(start=make.LONG_AGO)
    assert "Changed: 1." in run(row(1, school, roles="employee"))
    assert numbered(1).end is None and roles_of(numbered(1)) == {("employee", school.number)}


def test_whoever_imports_brings_back_nobody_beyond_their_reach(run: Run, school: Unit) -> None:
    of_sector = make.holder("access_administrator", unit=make.sector())
    make.account_of(of_sector)
    gone = make.person(
        "Bo Berg", unit=school, external_id="H-9", email="henkilo.9@esimerkki.example", end=make.in_days(-9)
    )
    told = StringIO()
    with pytest.raises(CommandError, match="1 rows are refused"):
        run(row(9, school, "Berg Bo", title=""), email=of_sector.email, stdout=told)
    assert f"{gone.code}”. You do not have the right to do this here." in told.getvalue()
    assert make.fresh(gone).end == make.in_days(-9)


def test_an_end_in_the_file_ends_and_an_empty_one_goes_on(run: Run, school: Unit) -> None:
    head = [*HEAD, "Päättyy"]
    run([*row(1, school), make.in_days(20).strftime("%d.%m.%Y")], head=head)
    assert numbered(1).end == make.in_days(20)
    run([*row(1, school), ""], head=head)
    assert numbered(1).end is None


def test_a_file_without_a_needed_column_is_refused_at_once(run: Run, school: Unit) -> None:
    with pytest.raises(CommandError, match=r"no column for: Family name.*--map"):
        run(["H-1", "Aino", "a@esimerkki.example", school.code], head=["id", "Etunimi", "Sähköposti", "Yksikkö"])
    mapped = ["H-1", "Virtanen", "Aino", "a@esimerkki.example", school.code]
    head = ["id", "Nimi", "Etunimi", "Sähköposti", "Yksikkö"]
    assert "New: 1." in run(mapped, head=head, map=["Nimi=family_name"])
    assert numbered(1).family_name == "Virtanen"
    with pytest.raises(CommandError, match=r"There are: .*roles"):
        run(mapped, head=head, map=["Nimi=name"])
