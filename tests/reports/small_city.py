"""A small city whose records stood a year ago, for reports of a past day."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test import Client

from kivijalka.organisation.models import Person
from kivijalka.publishing.models import Publication
from kivijalka.register.registry import kept_models
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.who import sign_in

THEN = "2026-06-30"
ESTIMATE = {"frequency_low": "0.1", "frequency_high": "2", "loss_low": "1000", "loss_high": "900000"}


def everything_for(reader: Person) -> Risk:
    """A risk of the reader's unit with something of each that a report tells; beside it others, one of them secret."""
    unit = make.unit("Käyttöönottovaiheen tietojärjestelmäkokonaisuudet", parent=reader.unit)
    risk = make.assessed_risk("Palvelin \U0001f600 漢", unit=unit, likelihood=5, impact=5, owner=reader, **ESTIMATE)
    make.assessed_risk(
        "Hyväksytty", unit=unit, state="accepted", accepted_until=make.in_days(20), acceptance_reason="Syy"
    )
    make.assessed_risk("Mahdollisuus", unit=unit, sign="opportunity", impact=4, likelihood=4)
    make.assessed_risk("Salainen", unit=unit, likelihood=5, impact=5, confidentiality=3)
    make.risk("Arvioimaton", unit=unit)
    late = make.action("Myöhässä", unit=unit, due=make.in_days(-400))
    make.action(
        "Tehty",
        unit=unit,
        state="effect_confirmed",
        completed_on=make.in_days(-500),
        effect_measured_on=make.in_days(-390),
    )
    make.action("Salainen", unit=unit, due=make.in_days(-500), confidentiality=3)
    make.link("treats", late, risk)
    make.link("rests_on", risk, make.control("Varmistus", unit=unit))
    make.link("may_cause", risk, make.assessed_risk("Seuraus", unit=unit))
    stream = make.workstream(make.programme("Hanke \U0001f600 漢", unit=unit, budget_eur=900, starts_on=make.LONG_AGO))
    make.link("gathers", stream, late)
    make.link("needs", make.milestone(stream=stream), make.milestone(stream=stream, due=make.in_days(-500)))
    make.programme("Salainen", unit=unit, confidentiality=3)
    for record in (risk, stream.programme):
        Publication.objects.create(unit=unit, title=record.title, subject_id=record.pk, reason="Avoimuus")
    return make.fresh(risk)


def insured(risk: Risk) -> None:
    """The risk has been insured for a year, up to so much a year."""
    make.insurance("Omaisuus", unit=risk.unit, owner=risk.owner, covers=[risk], aggregate_eur=100_000)
    as_of_old()


def as_of_old(days: int = 400) -> None:
    """All that stands now has stood for so long."""
    with connection.cursor() as cursor:
        for model in kept_models():
            cursor.execute(
                f'update history."{model._meta.db_table}" set kept_from = kept_from - make_interval(days => %s)'
                " where kept_to = 'infinity'",
                [days],
            )


def reader_at(kind: str = "sector_director") -> Person:
    """Who asks for reports: somebody who leads a sector."""
    return make.holder(kind, unit=make.sector("Kasvatus ja koulutus"))


def asking(person: Person, language: str = "fi") -> Client:
    """Their browser."""
    client = Client(headers={"accept-language": language})
    client.cookies["language"] = language
    return sign_in(client, person)


def had(client: Client, address: str, **query: Any) -> bytes:
    """A report, by whatever its address leads to."""
    answer = client.get(address, query, follow=True)
    assert answer.status_code == 200, answer.content.decode()[-2500:]
    return answer.content
