"""The last seal, sent out of the house by letter and webhook: against it a cut or rewritten trail is found."""

from __future__ import annotations

import json
from hashlib import sha256

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone
from django.utils.dateparse import parse_date

from kivijalka.register import webhook
from kivijalka.register.sealing import seals


def receivers() -> dict[str, str]:
    """The addresses of the settings, each under a name that tells nothing: an address may hold a secret."""
    return {sha256(address.encode()).hexdigest()[:16]: address for address in settings.CHECKPOINT_TO}


def is_address(text: str) -> bool:
    """Whether something can be sent there: an e-mail address, or one that begins with https://."""
    return text.startswith("https://") or ("@" in text and ":" not in text)


def deliver(receiver: str, number: int, day: str) -> None:
    """Send a seal to a receiver. Raises what keeps it from being taken. What is sent again bears the same id.

    The body is what `./run manage checkpoint` prints, and what the stand-alone verifier reads.
    """
    address, found = receivers().get(receiver), seals.checkpoint(number)
    if address is None or found is None:
        return
    body, id = json.dumps(found), f"checkpoint.{number}.{day}"
    if not address.startswith("https://"):
        _letter(address, body, id, day).send()
        return
    key = seals.signing_key()
    if key is None:
        raise webhook.NotDelivered("KIVIJALKA_SEAL_KEY, which signs it, is empty")
    webhook.post(address, body.encode(), id=id, moment=int(timezone.now().timestamp()), sign=key.sign)


def _letter(address: str, body: str, id: str, day: str) -> EmailMessage:
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
    headers = {"Message-ID": f"<{id}@{host}>", "Auto-Submitted": "auto-generated"}
    return EmailMessage(f"Kivijalka: checkpoint {parse_date(day)}", body, to=[address], headers=headers)
