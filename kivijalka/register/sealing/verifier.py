"""Checks an exported trail. One file: the standard library does, `cryptography` as well where signatures are to be checked.

    python verifier.py trail.jsonl.gz [--checkpoint checkpoint.json] [--key HEX]

An export holds one JSON text a line: the entries in order of their numbers, and after the last entry of each batch its
seal. A seal's `root` is the Merkle root (RFC 6962, SHA-256) of its entries' lines; its head is the SHA-256 of
"kivijalka seal NUMBER FIRST LAST ENTRIES ROOT PREVIOUS SEALED_AT", PREVIOUS being the head of the seal before.
A checkpoint is a head that was published outside: against it, a cut tail and a rewritten whole are found too.
Exit code: 0 nothing is wrong, 1 something is, 2 it could not be read.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

# An entry bears the beginning of its transaction, which may lie before the seal of others'; no transaction lasts longer.
LONGEST_TRANSACTION = timedelta(hours=1)
# A clock that runs ahead and is set right by no more than this breaks nothing; the numbers say what came first.
MOST_SET_BACK = timedelta(hours=1)
BEGINNING = "0" * 64
HEADING = re.compile(r'\{"no" : (-?\d+), "since" : "([^"]+)", "seed" : (true|false), ')


class Entry(NamedTuple):
    """One entry: its number, when its version begins (UTC), whether it was loaded with a past, and its text's hash."""

    no: int
    since: str
    seed: bool
    leaf: bytes

    @classmethod
    def of(cls, text: str) -> Entry:
        """Read the line of an export. Raises ValueError where it is none."""
        found = HEADING.match(text)
        if found is None:
            raise ValueError(f"not an entry: {text[:80]}")
        return cls(int(found[1]), found[2], found[3] == "true", sha256(b"\0" + text.encode()).digest())


@dataclass(frozen=True)
class Seal:
    """A seal as it is exported; hashes, signature and public key in hexadecimal."""

    number: int
    first: int
    last: int
    entries: int
    root: str
    previous: str
    sealed_at: str
    signature: str | None = None
    signed_by: str | None = None

    @property
    def head(self) -> str:
        """The hash that stands for this seal and all before it."""
        parts = (self.number, self.first, self.last, self.entries, self.root, self.previous, self.sealed_at)
        return sha256(" ".join(map(str, ("kivijalka seal", *parts))).encode()).hexdigest()


@dataclass(frozen=True)
class Checkpoint:
    """What was published of a seal."""

    number: int
    head: str


@dataclass
class Verification:
    """Takes a trail in order, entry by entry and seal by seal, and gathers what is wrong with it, in words.

    `keys` are the public keys (hexadecimal) that may sign; empty: whatever key a seal names is taken and listed.
    """

    keys: frozenset[str] = frozenset()
    checkpoints: tuple[Checkpoint, ...] = ()
    wrong: list[str] = field(default_factory=list)
    entries: int = 0
    signers: set[str] = field(default_factory=set)
    last: Seal | None = None
    _heads: dict[int, str] = field(default_factory=dict)
    _batch: list[Entry] = field(default_factory=list)
    _no: int = 0

    @property
    def unsealed(self) -> int:
        """How many entries came after the last seal."""
        return len(self._batch)

    def entry(self, entry: Entry) -> None:
        """The next entry."""
        if entry.no <= self._no:
            self.wrong.append(f"Entry {entry.no} stands after entry {self._no}: reordered, or there twice.")
        self._no = max(self._no, entry.no)
        self.entries += 1
        self._batch.append(entry)

    def seal(self, seal: Seal) -> None:
        """The seal over the entries since the former seal."""
        self._chain(seal)
        self._contents(seal)
        self._moments(seal)
        self._signature(seal)
        self.last, self._batch = seal, []
        self._heads[seal.number] = seal.head

    def end(self) -> list[str]:
        """Nothing more comes: what is wrong, in all."""
        self._moments(None)
        for checkpoint in self.checkpoints:
            head = self._heads.get(checkpoint.number)
            if head is None:
                self.wrong.append(f"Seal {checkpoint.number} was published and is not there: the tail is cut off.")
            elif head != checkpoint.head:
                self.wrong.append(
                    f"Seal {checkpoint.number} is not the one that was published: the trail is rewritten."
                )
        return self.wrong

    def _chain(self, seal: Seal) -> None:
        number, first, head = (self.last.number, self.last.last, self.last.head) if self.last else (0, 0, BEGINNING)
        if seal.number != number + 1:
            self.wrong.append(f"Seal {seal.number} follows seal {number}: seals are missing or reordered.")
        elif seal.previous != head or seal.first != first + 1:
            self.wrong.append(f"Seal {seal.number} does not continue seal {number}: one of them was changed.")

    def _contents(self, seal: Seal) -> None:
        where = f"Seal {seal.number} (entries {seal.first} to {seal.last}, {seal.sealed_at} UTC)"
        outside = [entry.no for entry in self._batch if not seal.first <= entry.no <= seal.last]
        if outside:
            self.wrong.append(f"{where}: entry {outside[0]} was inserted among its entries.")
        found, sealed = len(self._batch), seal.entries
        if found != sealed:
            how = "removed" if found < sealed else "inserted"
            self.wrong.append(f"{where}: {sealed} entries were sealed, {found} are there: {abs(found - sealed)} {how}.")
        elif merkle([entry.leaf for entry in self._batch]).hex() != seal.root:
            self.wrong.append(f"{where}: an entry was changed, exchanged or reordered.")

    def _moments(self, seal: Seal | None) -> None:
        """An entry begins neither long before the seal before it nor long after its own."""
        if self.last is None:
            return
        earliest = (datetime.fromisoformat(self.last.sealed_at) - LONGEST_TRANSACTION).isoformat()
        latest = (datetime.fromisoformat(seal.sealed_at) + MOST_SET_BACK).isoformat() if seal else None
        for entry in self._batch:
            if entry.seed or entry.since < earliest:
                self.wrong.append(
                    f"Entry {entry.no} says {entry.since} and came after {self.last.sealed_at}: back-dated."
                )
            elif seal and latest and entry.since > latest:
                self.wrong.append(
                    f"Entry {entry.no} says {entry.since} and was there at {seal.sealed_at}: a wrong clock."
                )

    def _signature(self, seal: Seal) -> None:
        if seal.signature is None or seal.signed_by is None:
            if self.keys:
                self.wrong.append(f"Seal {seal.number} is not signed.")
            return
        self.signers.add(seal.signed_by)
        if self.keys and seal.signed_by not in self.keys:
            self.wrong.append(f"Seal {seal.number} is signed with an unknown key, {seal.signed_by}.")
        elif not signed_well(seal.signed_by, seal.signature, seal.head):
            self.wrong.append(f"Seal {seal.number} has a wrong signature.")


def merkle(leaves: list[bytes]) -> bytes:
    """The root over leaf hashes: neighbours hashed together level by level, an odd one goes up as it is (RFC 6962)."""
    if not leaves:
        return sha256(b"").digest()
    level = leaves
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [sha256(b"\1" + left + right).digest() for left, right in pairs]
        level = above + level[-1:] if len(level) % 2 else above
    return level[0]


def signed_well(public: str, signature: str, head: str) -> bool:
    """Whether the key's holder signed the head. Raises ImportError without `cryptography`."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), bytes.fromhex(head))
    except (InvalidSignature, ValueError):
        return False
    return True


def read(lines: Iterable[str], verification: Verification) -> None:
    """Take an export's lines. Raises ValueError with the number of a line that is none."""
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\n")
        try:
            if text.startswith('{"seal"'):
                verification.seal(Seal(**json.loads(text)["seal"]))
            else:
                verification.entry(Entry.of(text))
        except (TypeError, ValueError, KeyError) as error:
            raise ValueError(f"Line {number} is not of a trail: {error}") from error


def lines_of(path: Path) -> Iterator[str]:
    """An export's lines, packed or not."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        yield from file


def summary(verification: Verification) -> str:
    """What was looked at, and what came of it, in words."""
    last = verification.last
    sealed = f"{last.number} seals, the last of {last.sealed_at} UTC, head {last.head}" if last else "no seal"
    signed = f"signed by {', '.join(sorted(verification.signers))}" if verification.signers else "not signed"
    looked = f"{verification.entries} entries, {sealed}, {signed}; {verification.unsealed} entries are not sealed yet."
    return "\n".join([looked, *(verification.wrong or ["Nothing is wrong."])])


def main() -> int:
    """The program."""
    options = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    options.add_argument("trail", type=Path)
    options.add_argument("--checkpoint", type=Path, action="append", default=[], help="a published checkpoint")
    options.add_argument("--key", action="append", default=[], help="a public key that may sign, in hexadecimal")
    given = options.parse_args()
    try:
        known = [json.loads(path.read_text()) for path in given.checkpoint]
        checkpoints = tuple(Checkpoint(int(found["number"]), str(found["head"])) for found in known)
        verification = Verification(frozenset(given.key), checkpoints)
        read(lines_of(given.trail), verification)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"This could not be read: {error}", file=sys.stderr)
        return 2
    wrong = verification.end()
    print(summary(verification))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
