"""A wrong declaration is refused with its number, a sentence and a hint."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

import pytest
from django.core.checks import Error
from django.db import connection, models
from django.db.models import Q
from django.test.utils import isolate_apps

from kivijalka.access import Access, Actor, at_unit, nobody, owner
from kivijalka.register import checks, drift, graph
from kivijalka.register.command import Ask, command
from kivijalka.register.declare import Column, LinkKind, Part, View, Waits
from kivijalka.register.models import Kept, Record
from kivijalka.register.registry import REGISTERS, register
from kivijalka.risks.models import Assessment, Risk
from tests import database
from tests.who import as_nobody

RISKS = REGISTERS["risk"]


def the_one(found: Iterable[Error], number: str, *words: str) -> Error:
    """The only error found: its number, its words, and a hint."""
    [error] = found
    assert error.id == f"kivijalka.{number}"
    assert all(word in error.msg for word in words), error.msg
    assert error.hint
    return error


def test_the_house_itself_is_declared_well() -> None:
    assert checks.check_declarations() == []


@isolate_apps("kivijalka.risks")
def test_e001_a_kept_model_without_access_rule() -> None:
    class Open(Kept):
        class Meta:
            app_label = "risks"

    the_one(checks.without_access([Open, Risk]), "E001", "Open")


def test_e004_a_sortable_column_without_index() -> None:
    faulty = replace(RISKS, columns=["code", "title"])
    the_one(checks.without_index([faulty]), "E004", "'risk'", "'title'")
    assert not list(checks.without_index([replace(RISKS, columns=["code", Column("title", sort=False)])]))


def test_e004_a_filter_without_index() -> None:
    the_one(checks.without_index([replace(RISKS, filters={"confidentiality": ["in"]})]), "E004", "'confidentiality'")


@isolate_apps("kivijalka.risks")
@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (Q(state="draft"), "state"),
        (owner("reporter"), "another person than the owner"),
        (at_unit("risk.view") & ~owner("reporter"), "another person than the owner"),
        (at_unit("risk.view", "place"), "place"),
    ],
)
def test_e005_a_rule_that_the_node_cannot_hold(rule: Q, told: str) -> None:
    class Draft(Record):
        owner_column = "owner_id"

        class Meta:
            app_label = "risks"
            constraints = [Access(name="draft_access", see=rule, add=nobody(), edit=nobody())]

    the_one(checks.rules_no_node_holds([replace(RISKS, model=Draft)]), "E005", told)


def test_whoever_a_rule_names_beside_the_owner_is_not_taken_for_the_owner_of_the_node() -> None:
    rule = owner("reporter") | owner("owner") | at_unit("risk.view")
    assert graph.shape_of(rule, RISKS) == graph.shape_of(owner("owner") | at_unit("risk.view"), RISKS)


def test_e006_a_link_to_an_unknown_register() -> None:
    faulty = replace(RISKS, links=[LinkKind("floods", "floods", "is flooded by", to=["cellar"])], links_back=[])
    error = the_one(checks.unknown_ends([faulty]), "E006", "'floods'", "'cellar'")
    assert "risk" in str(error.hint)


@pytest.mark.parametrize(
    "place",
    [
        {"columns": ["code", "nam"]},
        {"more": ["nam"]},
        {"fields": {None: ["nam"]}},
        {"filters": {"nam": ["in"]}},
        {"search": ["nam"]},
        {"title": "nam"},
        {"sort": "-nam"},
        {"upsert": ["nam"]},
        {"waits": [Waits("Look", Q, "nam", "assess")]},
    ],
    ids=lambda place: next(iter(place)),
)
def test_e007_an_unknown_field_and_which_there_are(place: dict[str, Any]) -> None:
    error = the_one(checks.unknown_fields([replace(RISKS, **place)]), "E007", "'nam'", *place)
    assert "acceptance_reason, accepted_by, accepted_until" in str(error.hint)


def test_e007_an_unknown_field_of_a_part() -> None:
    part = Part(
        Assessment, key="assessments", parent="risk", names=("Assessment", "Assessments"), columns=["at", "mood"]
    )
    the_one(checks.unknown_fields([replace(RISKS, parts=[part])]), "E007", "Assessment", "'mood'", "parts")


@isolate_apps("kivijalka.risks")
def test_e008_a_model_that_no_door_leads_to() -> None:
    class Lost(models.Model):
        class Meta:
            app_label = "risks"

    the_one(checks.without_home([Lost, Risk, Assessment], [RISKS]), "E008", "Lost")


def test_e009_a_command_without_docstring() -> None:
    @command("Shake")
    def shake(actor: Actor, risk: Risk) -> None:
        pass

    the_one(checks.untold_commands([replace(RISKS, commands=[shake])]), "E009", "'shake'", "docstring")


def test_e009_an_input_without_label() -> None:
    @command("Shake")
    def shake(actor: Actor, risk: Risk, *, until: date, why: Annotated[str, Ask("Why")]) -> None:
        """Shake the risk."""

    the_one(checks.untold_commands([replace(RISKS, commands=[shake])]), "E009", "'shake'", "'until'")


@pytest.mark.parametrize(
    ("same", "word"), [({"key": "action"}, "key"), ({"path": "actions"}, "path")], ids=["key", "path"]
)
def test_e011_two_registers_with_one_name(same: dict[str, Any], word: str) -> None:
    found = checks.twice_declared([replace(RISKS, **same), REGISTERS["action"]])
    the_one(found, "E011", word, "Risk, Action")


def test_e011_two_registers_with_one_code_prefix() -> None:
    found = checks.twice_declared([RISKS, replace(RISKS, key="peril", path="perils")])
    the_one(found, "E011", "code prefix", "'R'")


def test_declaring_a_key_twice_stops_at_once() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        register(replace(RISKS))


@pytest.mark.parametrize(
    ("faulty", "word"),
    [
        ({"filters": {"state": ["inn"]}, "views": []}, "'inn'"),
        ({"filters": {"state": ["under"]}, "views": []}, "'under'"),
        ({"views": [View("late", "Late", "revue_lt=today")]}, "'revue_lt'"),
        ({"waits": [Waits("Look", Q, "review", "look")]}, "'look'"),
    ],
    ids=["lookup", "no record", "view", "verb"],
)
def test_e012_words_that_no_door_understands(faulty: dict[str, Any], word: str) -> None:
    the_one(checks.unknown_words([replace(RISKS, **faulty)]), "E012", word)


@pytest.mark.django_db
class TestAgainstTheDatabase:
    """E002 and E010, for whoever connects."""

    def found(self) -> list[Error]:
        return checks.check_database(databases=["default"])

    def test_a_migrated_database_is_as_declared(self) -> None:
        assert self.found() == []

    def test_the_site_itself_can_check_it(self) -> None:
        with as_nobody():
            assert self.found() == []

    @pytest.mark.parametrize(
        ("alteration", "table"),
        [
            ("alter policy see on risks_risk using (true)", "public.risks_risk"),
            ("alter policy write on risks_risk with check (true)", "public.risks_risk"),
            ('alter policy see on history."risks_risk" using (true)', "history.risks_risk"),
            ("alter policy see on register_node using (true)", "public.register_node"),
            ("alter policy see on register_link using (true)", "public.register_link"),
            ("alter policy see on register_importfile using (true)", "public.register_importfile"),
            ("drop policy add on actions_action", "public.actions_action"),
            ("create policy more on actions_action for select using (true)", "public.actions_action"),
            ("alter table risks_assessment disable row level security", "public.risks_assessment"),
            ("alter table history.actions_action no force row level security", "history.actions_action"),
            ("alter view asof.risks_risk reset (security_invoker)", "asof.risks_risk"),
        ],
    )
    def test_e002_a_rule_that_somebody_altered(self, alteration: str, table: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(alteration)
        the_one(self.found(), "E002", table)

    def test_e002_a_search_that_forgot_its_rule(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "create or replace function kj.match(question text, most integer, within_register text default null)"
                " returns setof uuid language sql stable security definer as $$ select id from public.register_node $$"
            )
        the_one(self.found(), "E002", "kj.match")

    def test_e002_a_declaration_that_was_not_migrated(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Risk.access, "edit", at_unit("risk.view"))
        table, node = self.found()
        the_one([table], "E002", "public.risks_risk", "'write'")
        the_one([node], "E002", "kj.writable")

    def test_e010_a_site_that_owns_the_tables(self, settings: Any) -> None:
        settings.MODE = "serve"
        the_one(self.found(), "E010", "owns tables")

    def test_e010_lets_the_sites_own_role_serve(self, settings: Any) -> None:
        settings.MODE = "serve"
        with as_nobody():
            assert self.found() == []


def test_e010_a_superuser_is_told_so(committed: str) -> None:
    with database.connected_to(committed, "SUPER"):
        the_one(checks.bypassing(drift.powers_of(connection)), "E010", "superuser", "BYPASSRLS")
