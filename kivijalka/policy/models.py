"""Versions of the policy: what the council decided, as data."""

from __future__ import annotations

from django.db import models


class Policy(models.Model):
    """A version of the risk policy. `content` is the decision as data (see `policy.scales`); a version in force is never edited."""

    key = models.CharField(max_length=60, unique=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    content = models.JSONField()

    no_register = "decided as a whole; read by every assessment"

    def __str__(self) -> str:
        return self.key
