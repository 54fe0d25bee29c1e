"""Files stand on the record that they belong to: attached and withdrawn by whoever may change it, open to whoever sees it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, ProgrammingError, connection
from django.test import Client
from django.utils import timezone

from kivijalka.access import acting
from kivijalka.organisation.models import Person
from kivijalka.register import attachments
from kivijalka.register.contents import bytes_of, keep_content
from kivijalka.register.jobs import forget
from kivijalka.register.models import Attachment, Content
from kivijalka.risks.models import Risk
from tests.api.programs import as_head
from tests.factories import delegation, fresh, holder, risk, sector
from tests.who import sign_in

PDF = b"%PDF-1.7\n" + b"x" * 100


@pytest.fixture
def desk(committed: str) -> tuple[Client, Person, Risk]:
    client, head = as_head()
    client.cookies["language"] = "en"
    return client, head, risk("Fire", unit=head.unit)


def attach(client: Client, record: Any, name: str = "plan.pdf", data: bytes = PDF, **more: str) -> Any:
    return client.post(files_of(record), {"file": SimpleUploadedFile(name, data), **more})


def files_of(record: Any) -> str:
    return f"/risks/{record.pk}/files/"


def english(person: Person) -> Client:
    client = sign_in(Client(), person)
    client.cookies["language"] = "en"
    return client


def test_whoever_may_change_the_record_attaches_and_whoever_sees_it_has_it_back(
    desk: tuple[Client, Person, Risk],
) -> None:
    client, head, found = desk
    answer = attach(client, found, "Pelastussuunnitelma — 2026 ”A”.pdf", description="Signed")
    file = Attachment.objects.get()
    assert answer["Location"] == f"{files_of(found)}#file-{file.pk}"
    reader = english(holder("employee", unit=head.unit))
    page = reader.get(files_of(found)).content.decode()
    assert "Pelastussuunnitelma — 2026 ”A”.pdf" in page and "Signed" in page and str(head) in page
    assert "Withdraw" not in page and 'type="file"' not in page
    saved = reader.get(f"{files_of(found)}{file.pk}/", headers={"accept-encoding": "gzip"})
    assert saved.content == PDF
    assert saved["Content-Type"] == "application/octet-stream"
    assert saved["Content-Disposition"].startswith("attachment; filename*=utf-8''Pelastussuunnitelma%20%E2%80%94")
    assert saved["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert saved["X-Content-Type-Options"] == "nosniff" and not saved.has_header("Content-Encoding")
    assert "no-store" in saved["Cache-Control"]


def test_who_does_not_see_the_record_finds_no_file_and_who_only_sees_it_attaches_none(
    desk: tuple[Client, Person, Risk],
) -> None:
    client, head, found = desk
    attach(client, found)
    file = Attachment.objects.get()
    stranger = english(holder(unit=sector()))
    for address in (files_of(found), f"{files_of(found)}{file.pk}/", f"{files_of(found)}{file.pk}/withdraw/"):
        assert stranger.get(address).status_code == 404
        assert stranger.post(address).status_code in (404, 405)
    reader = english(holder("employee", unit=head.unit))
    assert attach(reader, found).status_code == 403
    assert reader.get(f"{files_of(found)}{file.pk}/withdraw/").status_code == 403
    assert reader.post(f"{files_of(found)}{file.pk}/withdraw/").status_code == 403
    other = risk("Other", unit=head.unit)
    assert client.get(f"{files_of(other)}{file.pk}/").status_code == 404
    assert Attachment.objects.get().withdrawn_at is None


def test_a_withdrawn_file_keeps_its_line_and_opens_only_to_who_may_change_the_record(
    desk: tuple[Client, Person, Risk],
) -> None:
    client, head, found = desk
    attach(client, found, "wrong.pdf")
    file = Attachment.objects.get()
    assert "opens only to those" in client.get(f"{files_of(found)}{file.pk}/withdraw/").content.decode()
    assert client.post(f"{files_of(found)}{file.pk}/withdraw/").status_code == 302
    assert client.post(f"{files_of(found)}{file.pk}/withdraw/").status_code == 409
    assert (fresh(file).withdrawn_by, fresh(file).version) == (head, 2)
    reader = english(holder("employee", unit=head.unit))
    page = reader.get(files_of(found)).content.decode()
    assert "wrong.pdf" in page and "Withdrawn" in page and f"{file.pk}/" not in page
    refused = reader.get(f"{files_of(found)}{file.pk}/")
    assert refused.status_code == 409 and "withdrawn" in refused.content.decode()
    assert client.get(f"{files_of(found)}{file.pk}/").content == PDF
    with connection.cursor() as cursor:
        cursor.execute("select kept_by, kept_command from history.register_attachment order by kept_no")
        assert cursor.fetchall() == [(head.pk, "attach"), (head.pk, "withdraw")]


def test_the_past_shows_what_was_attached_then_and_withdrawing_is_for_the_past_too(
    desk: tuple[Client, Person, Risk],
) -> None:
    client, head, found = desk
    attach(client, found, "kept.pdf")
    attach(client, found, "wrong.pdf", PDF + b"wrong")
    then = timezone.now().isoformat().replace("+", "%2B")
    wrong = Attachment.objects.get(name="wrong.pdf")
    client.post(f"{files_of(found)}{wrong.pk}/withdraw/")
    attach(client, found, "later.pdf")
    reader = english(holder("employee", unit=head.unit))
    page = reader.get(f"{files_of(found)}?as_of={then}").content.decode()
    assert "kept.pdf" in page and "wrong.pdf" in page and "later.pdf" not in page
    assert "Withdrawn" not in page
    kept = Attachment.objects.get(name="kept.pdf")
    assert reader.get(f"{files_of(found)}{kept.pk}/?as_of={then}").content == PDF
    assert reader.get(f"{files_of(found)}{wrong.pk}/?as_of={then}").status_code == 409
    assert client.post(f"{files_of(found)}?as_of={then}", {"file": SimpleUploadedFile("x.pdf", PDF)}).status_code == 409


def test_the_same_content_is_kept_once_and_forgotten_a_year_after_the_last_was_withdrawn(
    desk: tuple[Client, Person, Risk],
) -> None:
    client, head, found = desk
    attach(client, found, "a.pdf")
    attach(client, risk("Other", unit=head.unit), "b.pdf")
    assert Content.objects.count() == 1
    year = timedelta(days=366)
    for days, left in ((timedelta(days=300), 1), (year, 1)):
        withdrawn(Attachment.objects.get(name="a.pdf"), head, days)
        forget(timestamp=0)
        assert Content.objects.count() == left
    assert Attachment.objects.get(name="a.pdf").content is None
    withdrawn(Attachment.objects.get(name="b.pdf"), head, year)
    forget(timestamp=0)
    assert not Content.objects.exists()
    page = client.get(files_of(found)).content.decode()
    assert "a.pdf" in page and "Withdrawn" in page


def withdrawn(file: Attachment, by: Person, ago: timedelta) -> None:
    """Withdrawn so long ago: guards stand in the way of saying so, which is what they are for."""
    with connection.cursor() as cursor:
        cursor.execute("alter table register_attachment disable trigger attachment_stays_as_it_is")
        Attachment.objects.filter(pk=file.pk).update(withdrawn_at=timezone.now() - ago, withdrawn_by=by)
        cursor.execute("alter table register_attachment enable trigger attachment_stays_as_it_is")


def test_a_deputy_attaches_in_their_own_name(desk: tuple[Client, Person, Risk]) -> None:
    _client, head, found = desk
    deputy = holder("employee", unit=sector())
    delegation(head, deputy)
    other = english(deputy)
    other.post("/on-behalf/", {"person": head.pk})
    assert attach(other, found).status_code == 302
    file = Attachment.objects.get()
    assert file.person == deputy
    assert other.post(f"{files_of(found)}{file.pk}/withdraw/").status_code == 302
    assert fresh(file).withdrawn_by == deputy


def test_raw_sql_attaches_nothing_of_another_and_changes_nothing(desk: tuple[Client, Person, Risk]) -> None:
    client, head, found = desk
    with acting(holder("unit_head", unit=sector()).pk) as other:
        secret = keep_content(other.principal, b"secret")
    attach(client, found)
    file, elsewhere = Attachment.objects.get(), risk(unit=head.unit)
    like = {"name": "x.txt", "kind": "txt", "size": 6, "sha256": secret.sha256, "content_id": secret.pk}
    with acting(head.pk):
        assert bytes_of(secret.pk) is None
    with pytest.raises(IntegrityError), acting(head.pk):
        Attachment.objects.create(record_id=found.pk, person=head, **like)
    with pytest.raises(ProgrammingError), acting(head.pk):
        Attachment.objects.create(record_id=found.pk, person_id=other.person, **like)
    for change in ({"record_id": elsewhere.pk}, {"name": "y.pdf"}, {"content_id": None}, {"sha256": "0" * 64}):
        with pytest.raises(IntegrityError), acting(head.pk):
            Attachment.objects.filter(pk=file.pk).update(**change)
    with pytest.raises(IntegrityError), acting(head.pk):
        Attachment.objects.filter(pk=file.pk).update(withdrawn_at=timezone.now(), withdrawn_by=other.person)
    with acting(holder("employee", unit=head.unit).pk):
        assert not Attachment.objects.filter(pk=file.pk).update(name="y.pdf")
    with pytest.raises(ProgrammingError), acting(head.pk), connection.cursor() as cursor:
        cursor.execute("delete from register_content")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\temp\\plan.pdf", "plan.pdf"),
        ("invoice\u202efdp.pdf", "invoicefdp.pdf"),
        ("pl\u200ban\x07.pdf", "plan.pdf"),
        ("plan", "plan.pdf"),
        (".pdf", ".pdf.pdf"),
        ("ä" * 300 + ".pdf", "ä" * 196 + ".pdf"),
        ('a"; filename=evil.exe; x=".pdf', 'a"; filename=evil.exe; x=".pdf'),
    ],
)
def test_a_name_is_kept_without_what_deceives(desk: tuple[Client, Person, Risk], name: str, kept: str) -> None:
    _client, head, found = desk
    with acting(head.pk) as actor:
        made = attachments.attach(actor, found, name=name, data=PDF)
    assert made.name == kept


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.pdf", b"", "empty"),
        ("a.exe", PDF, "Let its name end in .pdf"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "web page or a drawing"),
        ("a.exe", b"MZ\x90\x00\x03", "not kept"),
    ],
)
def test_what_is_not_kept_is_refused_at_its_field_and_nothing_stays(
    desk: tuple[Client, Person, Risk], name: str, data: bytes, told: str
) -> None:
    client, _head, found = desk
    answer = attach(client, found, name, data, description="Words")
    page = answer.content.decode()
    assert answer.status_code == 422 and told in page and 'href="#id_file"' in page and "Words" in page
    assert client.post(files_of(found), {"description": "x"}).status_code == 422
    assert not Attachment.objects.exists() and not Content.objects.exists()


def test_a_record_holds_no_more_than_it_can_show(
    desk: tuple[Client, Person, Risk], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _head, found = desk
    monkeypatch.setattr(attachments, "MOST_FILES", 2)
    monkeypatch.setattr(attachments, "MOST_TOGETHER", 250)
    attach(client, found, "a.pdf")
    assert "500 MB" in attach(client, found, "b.pdf", PDF + PDF).content.decode()
    attach(client, found, "b.pdf")
    assert "100 files" in attach(client, found, "c.pdf").content.decode()
    client.post(f"{files_of(found)}{Attachment.objects.get(name='a.pdf').pk}/withdraw/")
    assert attach(client, found, "c.pdf").status_code == 302


def test_two_files_at_once_are_counted_one_after_another(
    desk: tuple[Client, Person, Risk], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, head, found = desk
    monkeypatch.setattr(attachments, "MOST_FILES", 1)
    answers: list[Any] = []

    def second() -> None:
        answers.append(attach(client, found, "b.pdf").status_code)
        connection.close()

    other = Thread(target=second)
    with acting(head.pk) as actor:
        attachments.attach(actor, found, name="a.pdf", data=PDF)
        other.start()
        waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
        until(lambda: asked(waiting) == 1 or not other.is_alive())
    other.join()
    assert answers == [422] and Attachment.objects.get().name == "a.pdf"


def asked(question: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return int(cursor.fetchone()[0])


def until(true: Callable[[], bool]) -> None:
    """Wait for another thread."""
    while not true():
        pass


class Unread:
    """A body that nobody may read."""

    def read(self, *_given: Any) -> bytes:
        raise AssertionError("it was read")

    readline = read


@pytest.mark.parametrize(
    "address", ["/risks/{}/files/", "/api/risks/{}/files", "/risks/import/", "/drafts/", "/scim/v2/Bulk"]
)
def test_two_hundred_megabytes_are_refused_before_they_have_come(
    desk: tuple[Client, Person, Risk], address: str
) -> None:
    client, _head, found = desk
    answer = client.generic(
        "POST", address.format(found.pk), b"", "multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(200 * 2**20), **{"wsgi.input": Unread()},
    )  # fmt: skip
    assert answer.status_code == 413
    assert "50 MB" in answer.content.decode()


def test_a_form_that_is_sent_twice_attaches_once_and_with_another_file_is_told(
    desk: tuple[Client, Person, Risk],
) -> None:
    client, head, found = desk
    from kivijalka.register.doors.once import issue

    key = issue(head.pk)
    assert attach(client, found, once=key)["Location"] == attach(client, found, once=key)["Location"]
    assert attach(client, found, data=PDF[:-1] + b"y", once=key).status_code == 422
    assert Attachment.objects.count() == 1
