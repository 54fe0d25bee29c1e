"""The trail is sealed, and whatever its superuser does to it afterwards is found."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import ProgrammingError, connection, transaction

from kivijalka.access import acting
from kivijalka.register.models import Confidentiality
from kivijalka.register.registry import kept_models
from kivijalka.register.sealing import seals, verifier
from kivijalka.register.sealing.models import Seal
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.database import address_of

VERIFIER = verifier.__file__
HISTORY = "history.risks_risk"


@pytest.fixture
def sealed(committed: str, settings: Any) -> Callable[[str], None]:
    """Two sealed batches and a signing key; gives a function that runs statements as the superuser."""
    settings.SEAL_KEY = "a secret that only the tests of this file know, never a database"
    risk = make.risk("Sähkökatko")
    make.risk("Tulva")
    assert seals.seal() == 1
    risk.title = "Pitkä sähkökatko"
    risk.save(update_fields=["title"])
    make.risk("Tietomurto")
    assert seals.seal() == 2

    def as_superuser(statements: str) -> None:
        with psycopg.connect(address_of(committed, "SUPER"), autocommit=True) as server:
            server.execute("set session_replication_role = replica")
            server.execute(statements)

    return as_superuser


def wrong(*checkpoints: verifier.Checkpoint) -> list[str]:
    """What the verification in the database finds."""
    key = seals.public_key()
    assert key
    return seals.verify(frozenset([key]), checkpoints).wrong


def alone(tmp_path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """What the stand-alone verifier says of the exported trail, in a process that knows nothing of Kivijalka."""
    call_command("verify_trail", export=tmp_path / "trail.jsonl.gz", stdout=StringIO())
    return subprocess.run(
        [sys.executable, "-I", VERIFIER, tmp_path / "trail.jsonl.gz", *options], capture_output=True, text=True
    )


def published() -> verifier.Checkpoint:
    """The last seal, as somebody outside keeps it."""
    found = seals.checkpoint()
    assert found
    return verifier.Checkpoint(found["number"], found["head"])


def test_a_trail_that_nobody_touched_verifies_in_the_database_and_alone(sealed: Any, tmp_path: Path) -> None:
    assert wrong(published()) == []
    (tmp_path / "checkpoint.json").write_text(json.dumps(seals.checkpoint()))
    told = alone(tmp_path, "--key", str(seals.public_key()), "--checkpoint", str(tmp_path / "checkpoint.json"))
    assert (told.returncode, "Nothing is wrong" in told.stdout) == (0, True), told.stdout + told.stderr


def test_a_record_that_becomes_more_confidential_breaks_no_seal(sealed: Any, tmp_path: Path) -> None:
    Risk.objects.filter(title="Tulva").update(confidentiality=Confidentiality.SECRET)
    assert seals.seal() == 3
    assert wrong(published()) == []
    assert alone(tmp_path).returncode == 0


def test_a_version_that_was_opened_to_others_is_found(sealed: Any) -> None:
    sealed(f"update {HISTORY} set key = key % 16777216 where title = 'Tulva'")
    assert any("seen by others" in told for told in wrong())


def one_more(**given: str) -> str:
    """A statement that forges an entry: a copy of a risk's, with these values in SQL."""
    values = ", ".join(f"'{name}', {value}" for name, value in {"id": "uuidv7()", **given}.items())
    entry = f"jsonb_populate_record(h, jsonb_build_object({values}))"
    return f"insert into {HISTORY} select ({entry}).* from {HISTORY} h where title = 'Tulva'"


NUMBER_OF = f"(select kept_no from {HISTORY} where title = '{{}}')"
TAMPERING = {
    "changed": f"update {HISTORY} set title = 'Lyhyt katko' where title = 'Sähkökatko'",
    "given to somebody else": f"update {HISTORY} set kept_by = uuidv7() where title = 'Tietomurto'",
    "removed": f"delete from {HISTORY} where title = 'Tulva'",
    "inserted": one_more(kept_no="(select max(kept_no) from history.organisation_unit)"),
    "inserted before all others": one_more(kept_no="-1"),
    "reordered": f"""
        create temp table two as select {NUMBER_OF.format("Tulva")} as a, {NUMBER_OF.format("Sähkökatko")} as b;
        update {HISTORY} set kept_no = -kept_no from two where kept_no in (a, b);
        update {HISTORY} set kept_no = a + b + kept_no from two where -kept_no in (a, b)""",
    "back-dated": one_more(kept_no="nextval('kj.trail')", kept_from="now() - interval '1 year'"),
    "back-dated as if loaded": one_more(kept_no="nextval('kj.trail')", kept_seed="true"),
}


@pytest.mark.parametrize("how", TAMPERING)
def test_an_entry_that_is_tampered_with_is_found(how: str, sealed: Any, tmp_path: Path) -> None:
    sealed(TAMPERING[how])
    assert wrong()
    told = alone(tmp_path)
    assert (told.returncode, "Nothing is wrong" in told.stdout) == (1, False), told.stdout + told.stderr


SEALS = {
    "changed": "update register_seal set entries = entries + 1 where number = 1",
    "removed": "delete from register_seal where number = 1",
    "reordered": "update register_seal set number = 3 - number + 10; update register_seal set number = number - 10",
    "signed by somebody else": "update register_seal set signature = decode(repeat('ab', 64), 'hex')",
    "not signed": "update register_seal set signature = null",
}


@pytest.mark.parametrize("how", SEALS)
def test_a_seal_that_is_tampered_with_is_found(how: str, sealed: Any) -> None:
    sealed(SEALS[how])
    assert wrong()


def test_a_cut_tail_is_found_against_a_published_checkpoint(sealed: Any) -> None:
    known = published()
    sealed(
        "".join(
            f"delete from history.{table} where kept_no > (select last from register_seal where number = 1);"
            for table in ("risks_risk", "organisation_unit", "organisation_person")
        )
        + "update history.risks_risk set kept_to = 'infinity'; delete from register_seal where number = 2;"
        "delete from public.risks_risk where title = 'Tietomurto';"
        "update public.risks_risk r set (title, version) = (select h.title, h.version from history.risks_risk h where h.id = r.id)"
    )
    assert wrong() == []
    assert any("tail is cut off" in found for found in wrong(known))


def test_a_trail_rewritten_as_a_whole_is_found_against_a_published_checkpoint(sealed: Any) -> None:
    known = published()
    sealed(f"update {HISTORY} set title = 'Lyhyt katko' where title = 'Sähkökatko'; delete from register_seal")
    assert (seals.seal(), seals.seal()) == (1, None)
    make.risk("Sade")
    assert seals.seal() == 2
    assert wrong() == []
    assert any("rewritten" in found for found in wrong(known))


def test_an_end_of_a_version_that_hides_it_from_the_past_is_found(sealed: Any) -> None:
    sealed(f"update {HISTORY} set kept_to = kept_from where title = 'Tulva'")
    assert any("end at another moment" in found for found in wrong())


def test_a_record_that_was_changed_behind_the_trail_is_found(sealed: Any) -> None:
    sealed("update public.risks_risk set title = 'Poutasää' where title = 'Tulva'")
    assert any("not what the trail says" in found for found in wrong())


def test_a_batch_waits_for_a_transaction_that_took_one_of_its_numbers(sealed: Any, committed: str) -> None:
    with psycopg.connect(address_of(committed, "OWNER")) as slow:
        slow.execute("update risks_risk set title = 'Hitaasti' where title = 'Tulva'")
        make.risk("Sade")
        with connection.cursor() as cursor:
            cursor.execute("select * from kj.seal('0 seconds')")
            assert cursor.fetchall() == []
        slow.commit()
    assert seals.seal() == 3
    assert wrong() == []


def clock_is_set_back(as_superuser: Callable[[str], None], by: str) -> None:
    """What is not sealed yet was written by a clock that ran ahead, and was set right just now."""
    for model in kept_models():
        as_superuser(
            f"update history.\"{model._meta.db_table}\" set kept_from = kept_from + '{by}', kept_to = kept_to + '{by}'"
            " where kept_no > (select max(last) from register_seal)"
        )


def test_a_clock_that_is_set_back_leaves_versions_in_their_order_and_seals_whole(sealed: Any, tmp_path: Path) -> None:
    risk = make.risk("Sade")
    clock_is_set_back(sealed, "50 minutes")
    risk.title = "Rankkasade"
    risk.save(update_fields=["title"])
    Risk.objects.filter(pk=risk.pk).delete()
    make.risk("Pouta")
    assert seals.seal() == 3
    with connection.cursor() as cursor:
        cursor.execute(f"select title, kept_op from {HISTORY} where id = %s order by kept_from, kept_no", [risk.pk])
        assert cursor.fetchall() == [("Sade", "I"), ("Rankkasade", "U"), ("Rankkasade", "D")]
    assert wrong(published()) == []
    assert alone(tmp_path).returncode == 0


def test_a_clock_that_was_far_ahead_is_told(sealed: Any) -> None:
    make.risk("Sade")
    clock_is_set_back(sealed, "2 hours")
    assert seals.seal() == 3
    assert wrong() and all("a wrong clock" in told for told in wrong())


def test_nothing_new_is_no_seal(sealed: Any) -> None:
    assert seals.seal() is None


def test_the_site_reads_seals_and_writes_none(sealed: Any) -> None:
    person = make.person()
    with acting(person.pk):
        assert Seal.objects.count() == 2
    for statement in (
        "delete from register_seal",
        "update register_seal set entries = 0",
        "select * from history.entry",
        "select kj.sign(1, 'x', 'x')",
    ):
        with acting(person.pk), connection.cursor() as cursor:
            if "kj.sign" in statement:
                cursor.execute(statement)
                continue
            with pytest.raises(ProgrammingError), transaction.atomic():
                cursor.execute(statement)
    assert wrong() == []


def test_the_command_fails_where_something_is_wrong(sealed: Any) -> None:
    call_command("verify_trail", stdout=StringIO())
    sealed(TAMPERING["removed"])
    with pytest.raises(CommandError, match="wrong with the trail"):
        call_command("verify_trail", stdout=StringIO())
