"""Nothing is published by itself: each record by somebody's choice, until it is withdrawn or the record becomes confidential."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook
from pikepdf import Pdf

from kivijalka.access import acting
from kivijalka.organisation.models import Person, Unit
from kivijalka.programmes.commands import publish as publish_programme
from kivijalka.publishing.commands import withdraw
from kivijalka.publishing.models import Publication
from kivijalka.register.command import edit_of
from kivijalka.register.models import Kept
from kivijalka.register.registry import REGISTERS
from kivijalka.reports.documents.asked import Asked
from kivijalka.reports.documents.public_extract import extract
from kivijalka.risks.commands import publish
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.refusals import refused
from tests.reports.small_city import THEN, as_of_old, asking, had

pytestmark = pytest.mark.django_db
State = Publication.State


@pytest.fixture
def sector() -> Unit:
    return make.sector()


@pytest.fixture
def director(sector: Unit) -> Person:
    return make.holder("sector_director", unit=sector)


@pytest.fixture
def risk(sector: Unit) -> Risk:
    return make.assessed_risk("Sähkökatko", unit=sector, cause="Vanha muuntaja Kellarikatu 3:ssa")


def published(person: Person, record: Risk) -> Publication:
    with acting(person.pk) as actor:
        made: Publication = publish(actor, record, reason="Valtuusto pyysi.", case_number="HEL 2026-000001")
    return make.fresh(made)


def said(person: Person, unit: Unit, form: str = "xlsx", **query: str) -> list[str]:
    """All that the extract says."""
    content = had(asking(person, "en"), f"/reports/public.{form}", unit=unit.code, **query)
    return [str(cell.value) for sheet in load_workbook(BytesIO(content)) for row in sheet.iter_rows() for cell in row]


def test_an_extract_holds_nothing_until_somebody_chooses(sector: Unit, director: Person, risk: Risk) -> None:
    make.risk("Julkinen riski", unit=sector, confidentiality=0)
    before = said(director, sector)
    assert "Nothing is published." in before and "Julkinen riski" not in before
    made = published(director, risk)
    assert (made.state, made.published_by, made.case_number) == (State.PUBLISHED, director, "HEL 2026-000001")
    after = said(director, sector)
    assert "Sähkökatko" in after and "Julkinen riski" not in after


def test_it_tells_only_fields_that_are_declared_fit_and_nothing_of_the_house(
    sector: Unit, director: Person, risk: Risk
) -> None:
    Risk.objects.filter(pk=risk.pk).update(owner=director, consequence="Kirurgia seisoo")
    published(director, risk)
    told = "\n".join(said(director, sector))
    for word in ("Kellarikatu", "Kirurgia", "Valtuusto pyysi", str(director), "testserver", "http"):
        assert word not in told
    with Pdf.open(BytesIO(had(asking(director), "/reports/public.pdf", unit=sector.code))) as pdf:
        links = [one for page in pdf.pages for one in page.get("/Annots", []) if "/A" in one]
    assert links == []


def test_no_field_that_is_for_everybody_names_a_person() -> None:
    for register in REGISTERS.values():
        for name in register.public:
            field = register.field(name)
            assert name in register.readable
            assert not field.is_relation or field.related_model is not Person


def test_a_register_with_fields_for_everybody_has_a_right_of_its_own_to_publish() -> None:
    opened = [register for register in REGISTERS.values() if register.public]
    assert {register.key for register in opened} == {"risk", "programme"}
    for register in REGISTERS.values():
        assert ("publish" in register.all_commands) == bool(register.public)
    for register in opened:
        assert register.access.may("publish") == Publication.access.add


def test_who_may_only_edit_does_not_publish(sector: Unit, risk: Risk) -> None:
    for kind in ("unit_head", "risk_expert", "employee"):
        person = make.holder(kind, unit=sector)
        with acting(person.pk) as actor, refused("no_right"):
            publish(actor, risk, reason="Miksi ei")
        answer = asking(person, "en").get(f"/reports/public.xlsx?unit={sector.code}", follow=True)
        assert answer.status_code == 403 and "do not have the right to publish" in answer.content.decode()
        assert "Public extract" not in asking(person, "en").get(f"/reports/?unit={sector.code}").content.decode()


def test_a_right_in_one_sector_is_none_in_another(sector: Unit, director: Person) -> None:
    elsewhere = make.risk(unit=make.sector())
    with acting(director.pk) as actor, refused("not_there"):
        publish(actor, elsewhere, reason="Muiden")
    page = asking(director, "en").get(f"/reports/public.pdf?unit={make.city().code}", follow=True)
    assert page.status_code == 403


def test_an_extract_of_no_unit_holds_only_what_one_may_publish(sector: Unit, director: Person, risk: Risk) -> None:
    other = make.sector()
    published(director, risk)
    published(make.holder("sector_director", unit=other), make.assessed_risk("Vesikatko", unit=other))
    make.role_of(director, "auditor", unit=make.city())
    with acting(director.pk) as actor:
        moment = timezone.now()
        asked = Asked(
            actor=actor, moment=moment, as_of="", unit=None, language="en", site="", address="", mark="", given={}
        )
        told = str(extract(asked))
    assert "Sähkökatko" in told and "Vesikatko" not in told


@pytest.mark.parametrize("level", [2, 3])
def test_a_confidential_record_is_not_published(sector: Unit, director: Person, level: int) -> None:
    secret = make.risk(unit=sector, confidentiality=level)
    with acting(director.pk) as actor, refused("no_right"):
        publish(actor, secret, reason="Silti")
    with (
        acting(director.pk),
        pytest.raises(IntegrityError, match="publication_of_an_open_record"),
        transaction.atomic(),
    ):
        Publication.objects.create(unit=sector, title="Kierto", subject_id=secret.pk, reason="Suoraan")


def test_it_is_published_once_withdrawn_at_any_time_and_published_again(
    sector: Unit, director: Person, risk: Risk
) -> None:
    made = published(director, risk)
    with acting(director.pk) as actor, refused("contradiction"):
        publish(actor, risk, reason="Toistamiseen")
    with acting(director.pk) as actor:
        withdraw(actor, made, reason="Sopimus umpeutui")
    ended = make.fresh(made)
    assert (ended.state, ended.end_reason) == (State.WITHDRAWN, "Sopimus umpeutui") and ended.ended_on
    assert "Sähkökatko" not in said(director, sector)
    published(director, risk)
    assert "Sähkökatko" in said(director, sector)


def test_it_lapses_when_the_record_becomes_confidential_and_does_not_come_back(
    sector: Unit, director: Person, risk: Risk
) -> None:
    made = published(director, risk)
    with acting(director.pk) as actor:
        edit_of(REGISTERS["risk"])(actor, make_seen(risk), confidentiality=2)
    lapsed = make.fresh(made)
    # What it copied of the record is now as confidential as that.
    assert (lapsed.state, lapsed.confidentiality, bool(lapsed.ended_on)) == (State.LAPSED, 2, True)
    assert "Sähkökatko" not in said(director, sector)
    Risk.objects.filter(pk=risk.pk).update(confidentiality=1)
    assert (make.fresh(made).state, make.fresh(made).confidentiality) == (State.LAPSED, 1)
    assert "Sähkökatko" not in said(director, sector)


def make_seen(record: Risk) -> Kept:
    found: Kept = Risk.objects.seen().get(pk=record.pk)
    return found


def test_it_goes_with_its_record_to_another_unit(director: Person, sector: Unit, risk: Risk) -> None:
    made = published(director, risk)
    other = make.sector("Toinen")
    Risk.objects.filter(pk=risk.pk).update(unit=other, title="Pitkä sähkökatko")
    moved = make.fresh(made)
    assert (moved.unit, moved.title, moved.state) == (other, "Pitkä sähkökatko", State.PUBLISHED)
    assert "Sähkökatko" not in said(director, sector)
    assert "Pitkä sähkökatko" in said(make.holder("chief_executive"), other)


def test_a_programme_is_published_with_its_money_and_its_target(sector: Unit, director: Person) -> None:
    programme = make.programme(
        "Turvalliset koulut", unit=sector, budget_eur=250_000, target="Joka koululla suunnitelma."
    )
    with acting(director.pk) as actor:
        publish_programme(actor, programme, reason="Strategia")
    told = said(director, sector)
    assert {"Turvalliset koulut", "Joka koululla suunnitelma.", "Change programmes"} <= set(told)
    assert str(programme.owner) not in told and str(programme.chair) not in told


def test_the_choice_stands_on_the_record_in_the_list_and_in_the_history(
    sector: Unit, director: Person, risk: Risk
) -> None:
    site: Client = asking(director, "en")
    given = {"reason": "Avoimuus", "case_number": "", "version": make.fresh(risk).version}
    assert "Publish" in site.get(risk.get_absolute_url()).content.decode()
    assert site.post(f"{risk.get_absolute_url()}do/publish/", given).status_code == 302
    made = Publication.objects.get()
    assert made.code in site.get(risk.get_absolute_url()).content.decode()
    assert made.code in site.get("/publications/?state=published").content.decode()
    assert "Avoimuus" in site.get(made.get_absolute_url()).content.decode()


def test_an_extract_of_a_day_tells_what_was_published_then_but_what_became_confidential_since(
    sector: Unit, director: Person, risk: Risk
) -> None:
    other = make.assessed_risk("Vesivahinko", unit=sector)
    made = [published(director, record) for record in (risk, other)]
    as_of_old()
    with acting(director.pk) as actor:
        withdraw(actor, Publication.objects.seen().get(pk=made[0].pk), reason="Sopimus umpeutui")
    Risk.objects.filter(pk=risk.pk).update(title="Renamed")
    told = said(director, sector, as_of=THEN)
    assert "Sähkökatko" in told and "Vesivahinko" in told
    Risk.objects.filter(pk=other.pk).update(confidentiality=2)
    told = said(director, sector, as_of=THEN)
    assert "Sähkökatko" in told and "Vesivahinko" not in told
