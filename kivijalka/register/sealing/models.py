"""Seals of the trail; written by `kj.seal` in the database, by nobody else."""

from __future__ import annotations

from django.db import models


class Seal(models.Model):
    """A batch of entries, numbers `first` to `last`, that can't change unseen any more.

    `root` is the Merkle root (RFC 6962, SHA-256) over the entries in order of their numbers; `head` the hash of this
    seal's text, which holds the former seal's head. `signature` is Ed25519 over `head`.
    """

    number = models.BigIntegerField(primary_key=True)
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    entries = models.BigIntegerField()
    root = models.BinaryField()
    previous = models.BinaryField()
    sealed_at = models.DateTimeField()
    head = models.BinaryField()
    signature = models.BinaryField(null=True)
    signed_by = models.BinaryField(null=True)

    no_register = "made by the database over every register's history"
