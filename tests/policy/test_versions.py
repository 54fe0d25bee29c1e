"""The life of a version: drafted, put in force, superseded, never edited."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from kivijalka.access import acting
from kivijalka.organisation.models import Person
from kivijalka.policy import commands
from kivijalka.policy.document import as_json
from kivijalka.policy.jobs import end_policies
from kivijalka.policy.models import PolicyVersion, example_content
from kivijalka.policy.queries import document_of, policy_in_force
from kivijalka.policy.registers import policies
from kivijalka.risks import commands as risk_commands
from kivijalka.risks.models import Assessment
from tests import factories as make
from tests.refusals import refused
from tests.who import sign_in

pytestmark = pytest.mark.django_db
COUNCIL: dict[str, Any] = {"body": "kaupunginvaltuusto", "section": "318 §", "case_number": "ESIM 2026-000123"}


@pytest.fixture
def chief() -> Person:
    return make.holder("chief_executive")


def put_in_force(person: Person, policy: PolicyVersion, days: int = 0) -> PolicyVersion:
    with acting(person.pk) as actor:
        on = make.in_days(days)
        commands.put_in_force(actor, policy, **COUNCIL, decided_on=make.in_days(-30), on=on)
    return make.fresh(policy)


def broken(**changed: Any) -> dict[str, Any]:
    content = example_content()
    content["matrix"]["5"][4] = "low"
    return content | changed


def test_a_version_put_in_force_ends_the_one_before_it(chief: Person) -> None:
    before = policy_in_force(timezone.localdate()) if make.city() else None
    after = put_in_force(chief, make.policy(), 30)
    assert before is not None
    before = make.fresh(before)
    assert (before.state, before.valid_to) == ("in_force", make.in_days(29))
    assert (after.state, after.valid_from, after.section) == ("in_force", make.in_days(30), "318 §")
    assert policy_in_force(make.in_days(29)).pk == before.pk
    assert policy_in_force(make.in_days(30)).pk == after.pk


def test_a_version_is_superseded_on_the_day_that_the_next_one_begins(chief: Person) -> None:
    make.city()
    before = policy_in_force(timezone.localdate())
    put_in_force(chief, make.policy())
    assert make.fresh(before).state == "superseded"
    ended = make.policy(state="in_force", valid_from=make.in_days(-9000), valid_to=make.in_days(-8900))
    end_policies(timestamp=0)
    assert make.fresh(ended).state == "superseded"
    assert policy_in_force(timezone.localdate()).state == "in_force"


def test_a_policy_in_force_is_everybodys_to_read(chief: Person) -> None:
    after = put_in_force(chief, make.policy(confidentiality=3))
    stranger = make.person()
    with acting(stranger.pk):
        assert policy_in_force(timezone.localdate()).pk == after.pk


def test_a_draft_is_not_read_by_those_who_do_not_reach_it(client: Client) -> None:
    draft = make.policy(confidentiality=2)
    sign_in(client, make.holder("employee"))
    assert client.get(f"/policies/{draft.pk}/read/").status_code == 404
    assert client.get(f"/policies/{draft.pk}/check/").status_code == 404
    assert client.get(f"/policies/{draft.pk}/file.yaml").status_code == 404


def test_a_policy_with_a_grave_finding_is_not_put_in_force(chief: Person) -> None:
    draft = make.policy(content=broken())
    with refused("invalid", "matrix.5[5]"):
        put_in_force(chief, draft)
    assert make.fresh(draft).state == "draft"


@pytest.mark.parametrize(("days", "code"), [(-1, "begins_in_past"), (30, "begins_before_another")])
def test_a_policy_begins_neither_in_the_past_nor_before_another(chief: Person, days: int, code: str) -> None:
    put_in_force(chief, make.policy(), 30)
    with refused(code, field="on"):
        put_in_force(chief, make.policy(), days)


def test_a_policy_is_decided_before_it_comes_into_force(chief: Person) -> None:
    draft = make.policy()
    with acting(chief.pk) as actor, refused("decided_after", field="decided_on"):
        commands.put_in_force(actor, draft, **COUNCIL, decided_on=make.in_days(9), on=make.in_days(8))


def test_whoever_may_only_draft_does_not_put_in_force() -> None:
    expert, draft = make.holder("risk_expert"), make.policy()
    with refused("no_right"):
        put_in_force(expert, draft)


def test_a_head_of_unit_does_not_write_policies() -> None:
    there = make.sector()
    head, policy = make.holder("sector_director", unit=there), make.policy(unit=there)
    with acting(head.pk) as actor, refused("no_right"):
        commands.draft(actor, policy, name="Omat perusteet")


def test_a_policy_in_force_is_not_edited_by_any_command(chief: Person) -> None:
    policy = put_in_force(chief, make.policy())
    document = as_json(example_content())
    with acting(chief.pk) as actor:
        with refused("state"):
            policies.all_commands["edit"](actor, policy, name_fi="Toinen")
        with refused("state"):
            commands.replace(actor, policy, document=document)
        with refused("state"):
            commands.put_in_force(actor, policy, **COUNCIL, decided_on=make.in_days(0), on=make.in_days(1))


@pytest.mark.parametrize(
    "change",
    [
        "content = jsonb_set(content, '{likelihood,0,low}', '0.002')",
        "state = 'draft'",
        "valid_from = valid_from + 1",
        "name_fi = 'Toinen'",
        "case_number = 'Toinen'",
    ],
)
def test_a_policy_in_force_is_not_edited_by_raw_sql_of_the_owner_either(chief: Person, change: str) -> None:
    policy = put_in_force(chief, make.policy())
    statement = f"update policy_version set {change} where id = %s"
    with refused_by_database("policy_in_force_is_not_edited"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [policy.pk])


def test_an_end_that_was_given_is_not_moved(chief: Person) -> None:
    make.city()
    former = policy_in_force(timezone.localdate())
    put_in_force(chief, make.policy())
    with pytest.raises(IntegrityError, match="policy_in_force_is_not_edited"), transaction.atomic():
        PolicyVersion.objects.filter(pk=former.pk).update(valid_to=make.in_days(-9))


def test_two_policies_are_never_in_force_on_the_same_day() -> None:
    make.city()
    with pytest.raises(IntegrityError, match="policy_one_in_force"), transaction.atomic():
        make.policy(state="in_force", valid_from=make.LONG_AGO)


def test_an_assessment_belongs_to_the_version_of_its_day_for_ever(chief: Person) -> None:
    make.city()
    former = policy_in_force(timezone.localdate())
    risk = make.risk()
    with acting(chief.pk) as actor:
        risk_commands.assess(actor, risk, likelihood=3, people=3)
    after = put_in_force(chief, make.policy())
    with acting(chief.pk) as actor:
        risk_commands.assess(actor, make.fresh(risk), likelihood=3, people=3)
    of_day = Assessment.objects.filter(risk=risk).order_by("at", "id").values_list("policy_version_id", flat=True)
    assert list(of_day) == [former.pk, after.pk]


@pytest.mark.parametrize("moment", [timedelta(days=-3), timedelta(days=9)])
def test_an_assessment_under_a_policy_not_in_force_is_refused_by_the_database(chief: Person, moment: timedelta) -> None:
    policy = put_in_force(chief, make.policy(), 2)
    former = next(p for p in PolicyVersion.objects.all() if p.valid_to is not None)
    wrong = policy if moment < timedelta() else former
    with refused_by_database("assessment_under_policy_in_force"):
        assessed_under(wrong, timezone.now() + moment)


def test_an_assessment_under_a_draft_is_refused_by_the_database() -> None:
    with refused_by_database("assessment_under_policy_in_force"):
        assessed_under(make.policy(), timezone.now())


def test_the_site_cannot_move_an_assessment_to_another_policy(chief: Person) -> None:
    risk = make.assessed_risk()
    statement = "update risks_assessment set policy_version_id = policy_version_id where risk_id = %s"
    with acting(chief.pk), connection.cursor() as cursor:
        cursor.execute(statement, [risk.pk])
        assert cursor.rowcount == 0


def refused_by_database(constraint: str) -> Any:
    return pytest.raises(IntegrityError, match=constraint)


def assessed_under(policy: PolicyVersion, at: datetime) -> None:
    risk = make.risk()
    with transaction.atomic():
        Assessment.objects.create(
            risk=risk, policy_version=policy, at=at, assessor=make.person(), likelihood=1, impact=1, level="1_low"
        )


def test_a_draft_takes_the_content_of_a_document_and_keeps_its_decision(chief: Person) -> None:
    draft = make.policy()
    document = document_of(draft) | {"policy": {"name": {"fi": "Uudet", "sv": "Nya"}, "decision": {"body": "x"}}}
    with acting(chief.pk) as actor:
        commands.replace(actor, draft, document=as_json(document))
    after = make.fresh(draft)
    assert (str(after), after.name_sv, after.body) == ("Uudet", "Nya", "")


def test_a_document_that_is_no_policy_leaves_the_draft_as_it_was(chief: Person) -> None:
    draft = make.policy()
    with acting(chief.pk) as actor, refused("invalid", "likelihood", field="document"):
        commands.replace(actor, draft, document="policy: {}")
    assert make.fresh(draft).content == draft.content


def test_a_new_version_begins_as_a_copy_of_the_one_in_force(chief: Person) -> None:
    make.city()
    present = policy_in_force(timezone.localdate())
    with acting(chief.pk) as actor:
        copy = commands.draft(actor, present, name="2027")
    assert (copy.state, copy.content, str(copy)) == ("draft", present.content, "2027")


class TestPages:
    def test_everybody_reads_the_policy_in_force(self, client: Client) -> None:
        make.city()
        page = sign_in(client, make.person()).get("/policy/", headers={"accept-language": "fi"})
        assert page.status_code == 200
        assert "erittäin epätodennäköinen" in page.content.decode()

    def test_the_check_names_what_to_mend_with_a_way_there(self, client: Client, chief: Person) -> None:
        draft = make.policy(content=broken())
        text = sign_in(client, chief).get(f"/policies/{draft.pk}/check/").content.decode()
        assert "matrix.5[5]" in text and f"/policies/{draft.pk}/part/matrix/" in text

    def test_a_part_is_changed_in_its_form(self, client: Client, chief: Person) -> None:
        draft = make.policy(content=broken())
        address = f"/policies/{draft.pk}/part/matrix/"
        form = sign_in(client, chief).get(address).context["form"]
        typed = {field.html_name: field.value() for field in form} | {"5.4": "critical", "version": draft.version}
        assert client.post(address, typed).status_code == 302
        assert make.fresh(draft).content == example_content()

    def test_what_was_typed_stays_when_it_does_not_fit(self, client: Client, chief: Person) -> None:
        draft = make.policy()
        address = f"/policies/{draft.pk}/part/likelihood/"
        form = sign_in(client, chief).get(address).context["form"]
        typed = {field.html_name: field.value() for field in form} | {"0.low": "harvoin", "0.name.fi": "oma sana"}
        page = client.post(address, typed)
        assert page.status_code == 422
        assert "harvoin" in page.content.decode() and "oma sana" in page.content.decode()
        assert make.fresh(draft).content == draft.content

    @pytest.mark.parametrize(
        "part", ["likelihood", "dimensions.people", "classes", "acceptance", "appetite", "escalation"]
    )
    def test_a_form_sent_as_it_was_shown_changes_nothing(self, client: Client, chief: Person, part: str) -> None:
        draft = make.policy()
        address = f"/policies/{draft.pk}/part/{part}/"
        form = sign_in(client, chief).get(address).context["form"]
        typed = {field.html_name: field.value() for field in form if field.value() not in (None, "")}
        assert client.post(address, typed).status_code == 302
        assert make.fresh(draft).content == draft.content

    def test_a_part_of_a_policy_in_force_has_no_form(self, client: Client, chief: Person) -> None:
        policy = put_in_force(chief, make.policy())
        assert sign_in(client, chief).get(f"/policies/{policy.pk}/part/matrix/").status_code == 409

    @pytest.mark.parametrize("kind", ["yaml", "json"])
    def test_a_file_goes_out_and_comes_in(self, client: Client, chief: Person, kind: str) -> None:
        policy, draft = make.policy(content=broken()), make.policy()
        sign_in(client, chief)
        text = client.get(f"/policies/{policy.pk}/file.{kind}").content
        upload = {"file": SimpleUploadedFile(f"policy.{kind}", text)}
        assert client.post(f"/policies/{draft.pk}/check/", upload).status_code == 302
        assert make.fresh(draft).content == policy.content

    @pytest.mark.parametrize("data", [b"\xff\xfe", b"", b"- a"])
    def test_a_file_that_is_no_policy_is_refused_on_the_page(self, client: Client, chief: Person, data: bytes) -> None:
        draft = make.policy()
        upload = {"file": SimpleUploadedFile("policy.yaml", data)}
        assert sign_in(client, chief).post(f"/policies/{draft.pk}/check/", upload).status_code == 422
        assert make.fresh(draft).content == draft.content

    def test_a_city_without_a_policy_sees_its_risks_and_is_told_what_to_do(self, client: Client) -> None:
        make.city()
        head, risk = make.holder("chief_executive"), make.risk("Sähkökatko")
        PolicyVersion.objects.all().delete()
        sign_in(client, head)
        for path in ("/", "/situation/", "/risks/", f"/risks/{risk.pk}/", f"/risks/{risk.pk}/do/assess/", "/policies/"):
            assert client.get(path).status_code == 200, path
        assert client.get("/policy/").status_code == 422
        answer = client.post(f"/risks/{risk.pk}/do/assess/", {"likelihood": 1, "people": 1, "stage": "current"})
        assert answer.status_code == 422 and answer.context["refused"].code == "no_policy"
