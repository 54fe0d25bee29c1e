"""An import is undone as a whole for as long as nobody has built on it; who imported what is told."""

from __future__ import annotations

from hashlib import sha256
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import ProgrammingError, connection
from django.test import Client

from kivijalka.access import acting
from kivijalka.organisation.models import Person
from kivijalka.register.doors.files import done
from kivijalka.register.models import Draft, Node
from kivijalka.register.models.files import ImportedRow, ImportFile
from kivijalka.register.refusal import Refused
from kivijalka.register.registry import register_by_path
from kivijalka.register.steps import BuiltOn
from kivijalka.risks.models import Assessment, Risk
from tests.factories import action, assessed_risk, fresh, holder, link, role_of, sector, unit
from tests.files.imports import csv_of, imported
from tests.who import sign_in

RISKS = register_by_path("risks")


@pytest.fixture
def manager(committed: str) -> Person:
    return holder("risk_expert")


def bring(manager: Person, *rows: list[str]) -> ImportFile:
    """Import rows of key, title, likelihood and impact at the manager's unit."""
    data = csv_of(["No", "Title", "Likelihood", "Impact"], *rows)
    imported(data, manager, columns={"No": "key"}, fixed={"unit": manager.unit.code})
    return ImportFile.objects.latest("at")


def undo(file: ImportFile, who: Person) -> None:
    with acting(who.pk):
        done.undo(done.done_import(RISKS, file.pk))


def versions(risk: Risk) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("select kept_op, title from history.risks_risk where id = %s order by kept_no", [risk.pk])
        return list(cursor.fetchall())


def test_what_an_import_made_is_removed_and_stays_in_the_history(manager: Person):
    file = bring(manager, ["1", "Fire", "3", "4"], ["2", "Flood", "", ""])
    fire = Risk.objects.get(title="Fire")
    undo(file, manager)
    assert not Risk.objects.exists() and not Assessment.objects.exists() and not ImportedRow.objects.exists()
    assert not Node.objects.filter(pk=fire.pk).exists()
    assert [op for op, _title in versions(fire)] == ["I", "U", "D"]
    file.refresh_from_db()
    assert file.undone_by == manager
    bring(manager, ["1", "Fire", "3", "4"])
    assert Risk.objects.count() == 1


def test_what_an_import_changed_is_as_it_was(manager: Person):
    kept = assessed_risk("Fire", unit=manager.unit, owner=holder(), likelihood=2, impact=2)
    before = {name: getattr(kept, name) for name in ("title", "likelihood", "impact", "level", "state", "review")}
    imported(csv_of(["Code", "Title", "Likelihood", "Impact"], [kept.code, "Great fire", "5", "5"]), manager)
    assert fresh(kept).level == "4_critical"
    undo(ImportFile.objects.get(), manager)
    assert {name: getattr(fresh(kept), name) for name in before} == before
    assert Assessment.objects.count() == 1
    assert [title for _op, title in versions(kept)][-1] == "Fire"


def test_it_is_refused_when_somebody_changed_a_record(manager: Person):
    file = bring(manager, ["1", "Fire", "", ""], ["2", "Flood", "", ""])
    other = holder("risk_expert")
    with acting(other.pk) as actor:
        fire = Risk.objects.get(title="Fire")
        RISKS.all_commands["edit"](actor, fire, title="Great fire")
    with pytest.raises(BuiltOn) as told:
        undo(file, manager)
    [built] = told.value.built
    assert (built.node.title if built.node else "", built.what, built.by) == ("Great fire", "changed", other)
    assert Risk.objects.count() == 2


def test_it_is_refused_when_another_record_refers_to_one(manager: Person):
    file = bring(manager, ["1", "Fire", "", ""])
    link("treats", action(unit=manager.unit), Risk.objects.get())
    with pytest.raises(BuiltOn) as told:
        undo(file, manager)
    assert [built.what for built in told.value.built] == ["used"]


def test_imports_are_undone_one_after_the_other(manager: Person):
    first = bring(manager, ["1", "Fire", "", ""])
    second = bring(manager, ["1", "Great fire", "", ""])
    with pytest.raises(BuiltOn):
        undo(first, manager)
    undo(second, manager)
    assert Risk.objects.get().title == "Fire"
    undo(first, manager)
    assert not Risk.objects.exists()


def test_a_draft_that_somebody_has_open_stands_in_nobodys_way(manager: Person):
    file = bring(manager, ["1", "Fire", "", ""])
    address = f"/risks/{Risk.objects.get().pk}/edit/"
    Draft.objects.create(id=uuid4(), person=holder("risk_expert"), address=address, values={"title": ["Smoke"]})
    undo(file, manager)
    assert not Risk.objects.exists()


def test_only_whoever_may_change_every_record_may_undo(manager: Person):
    file = bring(manager, ["1", "Fire", "", ""])
    Risk.objects.update(unit=sector())
    colleague = holder("board_member")
    with pytest.raises(Refused, match="right"):
        undo(file, colleague)
    stranger = holder("unit_head", unit=unit())
    with acting(stranger.pk), pytest.raises(ProgrammingError), connection.cursor() as cursor:
        cursor.execute("select * from kj.undo_import(%s)", [file.pk])
    assert Risk.objects.exists()


def test_it_is_undone_once(manager: Person):
    file = bring(manager, ["1", "Fire", "", ""])
    undo(file, manager)
    with pytest.raises(Refused, match="undone already"):
        undo(file, manager)


def test_pages_tell_who_imported_what_from_which_file_and_undo_it(manager: Person):
    browser = Client()
    browser.cookies["language"] = "en"
    sign_in(browser, manager)
    data = csv_of(["Title", "Unit"], ["Fire", manager.unit.code])
    name = "../../etc/r\u202eisks\u200b.csv"
    columns = browser.post("/risks/import/", {"file": SimpleUploadedFile(name, data)})["Location"]
    preview = browser.post(columns, {"column-0": "title", "column-1": "unit", "name": "x"})["Location"]
    page = browser.post(preview, {"commit": "1"})["Location"]
    shown = browser.get(page).content.decode()
    assert sha256(data).hexdigest() in shown and "risks.csv" in shown
    assert browser.get(page.replace("done/", "source")).content == data
    assert "risks.csv" in browser.get("/risks/imports/").content.decode()
    risk = Risk.objects.get()
    history = f"/risks/{risk.pk}/history/"
    assert "Imported from the file risks.csv" in browser.get(history).content.decode()
    onlooker = holder("partner_member", unit=manager.unit)
    role_of(onlooker, "employee")
    told = sign_in(Client(headers={"accept-language": "en"}), onlooker).get(history).content.decode()
    assert "risks.csv" in told
    assert browser.post(page).status_code == 302
    assert "Undone" in browser.get(page).content.decode()
    assert browser.get(f"/risks/{risk.pk}/").status_code == 404
