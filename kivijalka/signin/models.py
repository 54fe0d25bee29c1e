"""What the door remembers."""

from __future__ import annotations

from django.db import models


class Attempts(models.Model):
    """Failed tries to sign in as one account from one source. The key is a hash: whose it is cannot be read."""

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    # Until then no further try is looked at.
    until = models.DateTimeField(null=True)

    no_register = "sign-in only"
    site_may = "select, insert, update"
