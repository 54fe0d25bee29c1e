"""Contents of files; and what importing remembers: the file being looked at, how its columns were mapped, and which record
each row became."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Func
from django.utils.translation import gettext_lazy as _

from kivijalka.access import Access, at_unit, attached, owner
from kivijalka.access.expressions import SeenParent
from kivijalka.register.models.records import DeclaredAccess, NewId, SeenQuerySet

# How long a file is kept that was not imported; `kj.forget` says the same.
FILES_KEPT = timedelta(hours=24)


def _own(name: str) -> Access:
    return Access(name=name, see=owner("person"), add=owner("person"), edit=owner("person"))


class ImportMapping(models.Model):
    """How the columns and words of one kind of file are read, kept by a person under a name."""

    id = models.UUIDField(primary_key=True, db_default=NewId(), editable=False)
    person = models.ForeignKey("organisation.Person", models.CASCADE, related_name="+")
    register = models.CharField(max_length=40)
    name = models.CharField(_("name"), max_length=100)
    # Column heading to field name; field name to the value of all rows; field name to {word: value}.
    columns = models.JSONField(default=dict)
    fixed = models.JSONField(default=dict)
    words = models.JSONField(default=dict)
    # The headings of the file that it was kept for last, as one hash, and the name of its sheet.
    layout = models.CharField(max_length=64, default="")
    sheet = models.CharField(max_length=100, default="")

    no_register = "each person's own, offered when they import again"
    site_may = "select, insert, update"

    class Meta:
        constraints = [
            _own("import_mapping_access"),
            models.UniqueConstraint(fields=["person", "register", "name"], name="import_mapping_once"),
        ]

    def __str__(self) -> str:
        return self.name


class ImportedRow(models.Model):
    """Which record a row of a file became, by the file's own key: so that a repeat makes no duplicates."""

    id = models.UUIDField(primary_key=True, db_default=NewId(), editable=False)
    mapping = models.ForeignKey(ImportMapping, models.CASCADE, related_name="rows")
    source_key = models.CharField(max_length=300)
    record = models.UUIDField()

    no_register = "the ledger of imports, kept with their mapping"
    site_may = "select, insert, update"

    class Meta:
        constraints = [
            Access(
                name="imported_row_access",
                see=models.Q(SeenParent("mapping", "register_importmapping")),
                add=models.Q(SeenParent("mapping", "register_importmapping")),
                edit=models.Q(SeenParent("mapping", "register_importmapping")),
            ),
            models.UniqueConstraint(fields=["mapping", "source_key"], name="imported_row_once"),
        ]


class Content(models.Model):
    """A file as it came, kept once by its hash for whoever sent it. They may have it back, and who sees it attached.

    Not once for all: then whoever sends a file would learn that somebody else has it.
    """

    id = models.UUIDField(primary_key=True, db_default=NewId(), editable=False)
    person = models.ForeignKey("organisation.Person", models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()

    no_register = "shown with the import that came from it, or the record that it is attached to"
    site_may = "select, insert"

    class Meta:
        constraints = [
            Access(name="content_access", see=owner("person") | attached(), add=owner("person"), edit=owner("person")),
            models.UniqueConstraint(fields=["person", "sha256"], name="content_once"),
        ]


class ImportFile(models.Model):
    """A file that somebody imports: what its table begins with, and what a job found out about it, until it is imported
    (or, after a day, forgotten).

    What was imported stays: who, from which file, when, and as which transaction of the trail, by which every version
    that it made is found again. Until then it is its person's alone; then also theirs who may look at imports at the
    person's unit, cleared for what came in (`key`).
    """

    access = DeclaredAccess()

    id = models.UUIDField(primary_key=True, db_default=NewId(), editable=False)
    person = models.ForeignKey("organisation.Person", models.CASCADE, related_name="+")
    register = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    table = models.JSONField()
    # The job that works on it last; what it found; the rows that it refused, as a workbook.
    job = models.BigIntegerField(null=True)
    found = models.JSONField(default=dict)
    refused_rows = models.BinaryField(null=True)
    mapping = models.ForeignKey(ImportMapping, models.CASCADE, null=True, related_name="+")
    outcome = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Func(function="now"))
    source = models.ForeignKey(Content, models.PROTECT, null=True, related_name="+")
    sha256 = models.CharField(max_length=64, default="")
    done_at = models.DateTimeField(null=True)
    done_as = models.BigIntegerField(null=True)
    key = models.IntegerField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey("organisation.Person", models.PROTECT, null=True, related_name="+")

    objects = SeenQuerySet.as_manager()

    no_register = "shown with the register that it went into"
    site_may = "select, insert, update"

    class Meta:
        constraints = [
            Access(
                name="import_file_seen",
                see=owner("person") | at_unit("import.view"),
                add=owner("person"),
                edit=owner("person"),
            )
        ]
        indexes = [
            models.Index(fields=["register", "-done_at"], name="import_file_by_register"),
            models.Index(fields=["done_as"], name="import_file_by_transaction"),
        ]
