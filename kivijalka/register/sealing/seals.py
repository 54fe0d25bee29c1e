"""Making seals, publishing them, and holding the trail in the database against them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.db import connection, transaction

from kivijalka.register.models import SPAN, Confidentiality, Kept, Record
from kivijalka.register.registry import kept_models
from kivijalka.register.sealing import verifier
from kivijalka.register.sealing.models import Seal
from kivijalka.register.trail import columns_of


def seal() -> int | None:
    """Seal what is settled, sign it where there is a key, and give the seal's number; None where nothing is new."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select number, head from kj.seal()")
        made = cursor.fetchone()
        if made is None:
            return None
        number, head = int(made[0]), bytes(made[1])
        key = signing_key()
        if key is not None:
            cursor.execute("select kj.sign(%s, %s, %s)", [number, key.sign(head), _public(key)])
        return number


def unsealed_since() -> datetime | None:
    """When the oldest entry began that no seal holds yet. As the tables' owner."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select min(since) from history.entry where no > (select coalesce(max(last), 0) from register_seal)"
        )
        found: datetime | None = cursor.fetchone()[0]
        return found


def signing_key() -> Ed25519PrivateKey | None:
    """The key made of the secret in the settings. It is never in the database, whose owner could sign with it."""
    secret: str = settings.SEAL_KEY
    digest = hashlib.sha256(b"kivijalka seal " + secret.encode()).digest()
    return Ed25519PrivateKey.from_private_bytes(digest) if secret else None


def public_key() -> str | None:
    """The public half, in hexadecimal: for whoever verifies."""
    key = signing_key()
    return _public(key).hex() if key else None


def _public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def checkpoint(number: int | None = None) -> dict[str, Any] | None:
    """A seal as it is published, the last one unless told otherwise. Against it a cut or rewritten trail is found."""
    wanted = Seal.objects.all() if number is None else Seal.objects.filter(number=number)
    found = wanted.order_by("-number").first()
    return None if found is None else {**_exported(found).__dict__, "head": bytes(found.head).hex()}


def export() -> Iterator[str]:
    """The whole trail as lines for the stand-alone verifier. As the tables' owner."""
    seals = [_exported(seal) for seal in Seal.objects.order_by("number")]
    with connection.cursor() as cursor:
        for no, text in _stream(cursor, "select no, text from history.entry order by no"):
            while seals and seals[0].last < no:
                yield json.dumps({"seal": seals.pop(0).__dict__})
            yield text
    yield from (json.dumps({"seal": seal.__dict__}) for seal in seals)


def verify(keys: frozenset[str], checkpoints: tuple[verifier.Checkpoint, ...]) -> verifier.Verification:
    """Hold the trail against its seals, the ends of versions against the next ones, and the tables against the trail."""
    verification = verifier.Verification(keys, checkpoints)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        cursor.execute("set local work_mem = '256MB'")
        # Reading and hashing go on beside one another, whatever the server allows a page.
        cursor.execute("set local max_parallel_workers_per_gather = 2")
        seals = list(Seal.objects.order_by("number"))
        exported = [_exported(seal) for seal in seals]
        entries = f"select no, {_MOMENT.format('since')}, seed, kj.leaf(text) from history.entry order by no"
        for no, since, seed, leaf in _stream(cursor, entries):
            while exported and exported[0].last < no:
                verification.seal(exported.pop(0))
            verification.entry(verifier.Entry(no, since, seed, bytes(leaf)))
        for seal in exported:
            verification.seal(seal)
        wrong = [text for model in kept_models() for text in _against_table(cursor, model)]
    verification.end()
    verification.wrong += wrong
    return verification


_MOMENT = "to_char({} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"


def _exported(seal: Seal) -> verifier.Seal:
    return verifier.Seal(
        seal.number, seal.first, seal.last, seal.entries,
        bytes(seal.root).hex(), bytes(seal.previous).hex(),
        seal.sealed_at.strftime("%Y-%m-%dT%H:%M:%S.%f"),
        bytes(seal.signature).hex() if seal.signature else None,
        bytes(seal.signed_by).hex() if seal.signed_by else None,
    )  # fmt: skip


def _stream(cursor: Any, query: str) -> Iterator[tuple[Any, ...]]:
    """Rows as they come, a thousand at a time. No cursor of the server's: what is fetched from one is never planned in
    parallel."""
    found: Iterator[tuple[Any, ...]] = cursor.stream(query, size=1_000)
    return found


def _against_table(cursor: Any, model: type[Kept]) -> Iterator[str]:
    """What the chain of hashes can't tell: where versions end, and whether a table is what its trail says."""
    table = model._meta.db_table
    cursor.execute(
        "select count(*), min(code) from (select id::text as code, kept_to, lead(kept_from, 1, 'infinity')"
        f' over (partition by id order by kept_from, kept_no) as ends from history."{table}") v where kept_to <> ends'
    )
    yield from _told(
        cursor.fetchone(), f"{table}: {{}} versions end at another moment than the next begins, such as {{}}."
    )
    if issubclass(model, Record):
        cursor.execute(
            f'select count(*), min(id::text) from history."{table}" where key % {SPAN} <> unit_id'
            f" or key / {SPAN} not between confidentiality and {max(Confidentiality)}"
        )
        yield from _told(cursor.fetchone(), f"{table}: {{}} versions are seen by others than they say, such as {{}}.")
    names = ", ".join(f'"{name}"' for name, _ in columns_of(cursor, table))
    cursor.execute(
        f'select count(*), min(id::text) from ((select {names} from public."{table}" except all select {names} from'
        f" history.\"{table}\" where kept_to = 'infinity' and kept_op <> 'D') union all (select {names} from"
        f" history.\"{table}\" where kept_to = 'infinity' and kept_op <> 'D' except all"
        f' select {names} from public."{table}")) differing'
    )
    yield from _told(cursor.fetchone(), f"{table}: {{}} rows are not what the trail says of them, such as {{}}.")


def _told(found: tuple[int, str], words: str) -> list[str]:
    return [words.format(*found)] if found[0] else []
