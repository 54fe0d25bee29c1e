"""Reports that were too large to wait for, kept for who asked for them."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Func

from kivijalka.access import Access, oneself
from kivijalka.register.models import DeclaredAccess, NewId, SeenQuerySet

# How long a made report is kept; `kj.forget_reports` says the same.
REPORTS_KEPT = timedelta(days=7)


class MadeReport(models.Model):
    """A report that a job makes, or has made: the address that tells all of it, and its content when it is there.

    It is the asker's alone, also while they act for somebody else: what it tells is what they then reached.
    """

    access = DeclaredAccess()

    id = models.UUIDField(primary_key=True, db_default=NewId(), editable=False)
    person = models.ForeignKey("organisation.Person", models.CASCADE, related_name="+")
    # Path and query, and the site that its links lead to.
    address = models.CharField(max_length=2000)
    site = models.CharField(max_length=300)
    name = models.CharField(max_length=200)
    at = models.DateTimeField(db_default=Func(function="now"))
    job = models.BigIntegerField(null=True)
    content = models.BinaryField(null=True)
    # Why there will be none, and what such a refusal is called.
    why = models.TextField(default="")
    why_code = models.CharField(max_length=40, default="")

    objects = SeenQuerySet.as_manager()

    no_register = "each person's own, for a week; made again from its address"
    site_may = "select, insert, update"

    class Meta:
        constraints = [
            Access(name="made_report_access", see=oneself(), add=oneself(), edit=oneself()),
            models.UniqueConstraint(fields=["person", "address"], name="made_report_once"),
        ]
