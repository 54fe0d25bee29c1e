"""The checkpoint goes out of the house by letter and webhook, and the stand-alone verifier reads what came."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.management import call_command
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from kivijalka.register import jobs, webhook
from kivijalka.register.sealing import publishing, seals, verifier
from tests import factories as make
from tests.database import address_of
from tests.receivers import Hook, hook, mail_server

ROOT = Path(__file__).resolve().parents[2]
# What resolving a name may say, none of which is sent to.
NOT_PUBLIC = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1%1", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "2002:7f00:1::",
    "64:ff9b::7f00:1",
]  # fmt: skip


@pytest.fixture
def sealed(committed: str, settings: Any) -> int:
    """A sealed trail, and the number of its last seal."""
    settings.SEAL_KEY = "a secret that only the tests of this file know, never a database"
    make.risk()
    return seals.seal() or 0


@pytest.fixture
def receiver(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    """A receiver that the settings name, on this machine."""
    with hook(tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "hook.pem"))
        settings.CHECKPOINT_TO, settings.WEBHOOK_NETWORKS = [server.url], ["127.0.0.0/8", "::1/128"]
        yield server


def waiting() -> list[dict[str, Any]]:
    """What is to be delivered."""
    found = ProcrastinateJob.objects.filter(task_name=jobs.deliver_checkpoint.name, status="todo")
    return list(found.values_list("args", flat=True))


def send() -> None:
    """What the worker does in the morning."""
    jobs.send_checkpoint(timestamp=0)
    for given in waiting():
        jobs.deliver_checkpoint(**given)


def verified(tmp_path: Path, came: bytes | str) -> subprocess.CompletedProcess[str]:
    """What the stand-alone verifier says of the present trail and of what came, saved as it came."""
    call_command("verify_trail", export=tmp_path / "trail.jsonl.gz", stdout=StringIO())
    kept = tmp_path / "came.json"
    kept.write_bytes(came if isinstance(came, bytes) else came.encode())
    command = [sys.executable, "-I", verifier.__file__, tmp_path / "trail.jsonl.gz", "--checkpoint", kept]
    return subprocess.run(command, capture_output=True, text=True)


def test_what_came_by_webhook_is_signed_and_the_verifier_reads_it(sealed: int, receiver: Hook, tmp_path: Path) -> None:
    send()
    [(path, headers, body)] = receiver.came
    assert path == "/in?key=1" and headers["content-type"] == "application/json"
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    scheme, _comma, signature = headers["webhook-signature"].partition(",")
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(str(seals.public_key())))
    public.verify(b64decode(signature), signed)
    with pytest.raises(InvalidSignature):
        public.verify(b64decode(signature), signed + b" ")
    assert scheme == "v1a" and verified(tmp_path, body).returncode == 0
    with connection.cursor() as cursor:
        cursor.execute("delete from register_seal where number = %s", [sealed])
    told = verified(tmp_path, body)
    assert told.returncode == 1 and "tail is cut off" in told.stdout


def test_what_came_by_letter_is_read_by_the_verifier(sealed: int, settings: Any, tmp_path: Path) -> None:
    settings.CHECKPOINT_TO = ["seals@esimerkki.example"]
    with mail_server(settings) as office:
        send()
    [letter] = office.letters
    assert letter["To"] == "seals@esimerkki.example" and f"checkpoint.{sealed}." in str(letter["Message-ID"])
    assert verified(tmp_path, letter.get_content()).returncode == 0


def test_the_worker_sends_it_in_the_morning_as_the_site_s_role(
    committed: str, sealed: int, receiver: Hook, settings: Any
) -> None:
    jobs.send_checkpoint.defer(timestamp=0)
    given = {"CHECKPOINT_TO": receiver.url, "WEBHOOK_NETWORKS": ",".join(settings.WEBHOOK_NETWORKS)}
    env = {**os.environ, **{f"KIVIJALKA_{name}": value for name, value in given.items()}}
    env |= {"DATABASE_URL": address_of(committed, "APP"), "KIVIJALKA_SEAL_KEY": settings.SEAL_KEY}
    command = [sys.executable, "-m", "django", "procrastinate", "worker", "--one-shot"]
    subprocess.run(command, env=env, cwd=ROOT, check=True, timeout=60)
    [(_path, headers, _body)] = receiver.came
    assert headers["webhook-id"].startswith(f"checkpoint.{sealed}.")


def test_each_receiver_has_a_job_of_its_own_which_names_no_address(sealed: int, settings: Any) -> None:
    settings.CHECKPOINT_TO = ["seals@esimerkki.example", "https://seals.esimerkki.example/secret"]
    jobs.send_checkpoint(timestamp=0)
    assert len(waiting()) == 2 and not any("esimerkki" in str(given) for given in waiting())


def test_nobody_is_written_to_where_nobody_is_named_or_nothing_is_sealed(committed: str, settings: Any) -> None:
    jobs.send_checkpoint(timestamp=0)
    settings.CHECKPOINT_TO = ["seals@esimerkki.example"]
    jobs.send_checkpoint(timestamp=0)
    assert waiting() == []


@pytest.mark.parametrize("status", [500, 429, 404, 307])
def test_what_is_not_taken_is_sent_again_later_under_the_same_id(sealed: int, receiver: Hook, status: int) -> None:
    receiver.status, receiver.leads_to = status, receiver.url
    jobs.send_checkpoint(timestamp=0)
    [given] = waiting()
    with pytest.raises(webhook.NotDelivered, match=str(status)):
        jobs.deliver_checkpoint(**given)
    receiver.status, receiver.leads_to = 200, ""
    jobs.deliver_checkpoint(**given)
    first, second = (headers["webhook-id"] for _path, headers, _body in receiver.came)
    assert first == second, "a redirect is not followed, and who took it nonetheless can tell that it is the same"


def test_the_worker_tries_again_within_the_day(sealed: int) -> None:
    class Job:
        attempts = 0

    waits = 0.0
    for Job.attempts in range(20):
        decision = jobs.UNTIL_TAKEN.get_retry_decision(exception=webhook.NotDelivered(), job=Job())  # type: ignore[arg-type]
        waits += 5 ** (Job.attempts + 1) if decision else 0
    assert 3600 < waits < 24 * 3600


def test_a_receiver_whose_certificate_is_nobody_s_gets_nothing(
    sealed: int, receiver: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(webhook.NotDelivered, match="SSLCertVerificationError"):
        send()
    assert receiver.came == []


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_nothing_is_sent_to_an_address_that_is_not_public_however_it_is_written(address: str) -> None:
    assert not webhook.is_allowed(address)


def test_public_addresses_are_sent_to() -> None:
    assert all(map(webhook.is_allowed, ("93.184.216.34", "2606:4700::1111", "64:ff9b::5db8:d822")))


def test_a_name_of_which_one_address_is_not_public_gets_nothing(
    sealed: int, receiver: Hook, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOK_NETWORKS = []
    found = [(socket.AF_INET, 1, 6, "", (address, 443)) for address in ("93.184.216.34", "10.1.2.3")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: found)
    with pytest.raises(webhook.NotDelivered, match="not public"):
        send()
    assert receiver.came == []


def test_what_the_name_stood_for_is_connected_to_whatever_it_says_later(
    sealed: int, receiver: Hook, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOK_NETWORKS = []
    tried: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: [(0, 1, 6, "", ("93.184.216.34", 443))])

    def refuse(address: Any, *more: Any) -> Any:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    with pytest.raises(webhook.NotDelivered, match="ConnectionRefusedError"):
        send()
    assert [host for host, _port in tried] == ["93.184.216.34"]


def test_an_address_without_tls_gets_nothing(sealed: int, settings: Any) -> None:
    with pytest.raises(webhook.NotDelivered, match="https"):
        webhook.post("http://seals.esimerkki.example", b"{}", id="a", moment=0, sign=lambda text: text)


def test_without_a_key_nothing_is_sent_unsigned(sealed: int, receiver: Hook, settings: Any) -> None:
    settings.SEAL_KEY = ""
    with pytest.raises(webhook.NotDelivered, match="KIVIJALKA_SEAL_KEY"):
        send()
    assert receiver.came == [] and publishing.receivers()
