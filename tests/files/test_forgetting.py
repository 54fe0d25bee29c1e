"""A file that was looked at and left lying is forgotten; what was imported keeps its file."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from kivijalka.access import acting
from kivijalka.organisation.models import Person
from kivijalka.register.doors.files import steps
from kivijalka.register.jobs import forget
from kivijalka.register.models.files import FILES_KEPT, Content, ImportFile
from kivijalka.register.registry import register_by_path
from tests.factories import holder
from tests.files.imports import csv_of

pytestmark = pytest.mark.django_db


def looked_at(title: str, who: Person, ago: timedelta) -> ImportFile:
    data = csv_of(["Title"], [title])
    with acting(who.pk) as actor:
        file = steps.keep_file(register_by_path("risks"), actor, f"{title}.csv", data)
    ImportFile.objects.filter(pk=file.pk).update(at=timezone.now() - ago)
    return file


def test_a_file_left_lying_is_forgotten_after_a_day_with_all_that_stood_in_it() -> None:
    expert, minute = holder("risk_expert"), timedelta(minutes=1)
    looked_at("old", expert, FILES_KEPT + minute)
    looked_at("young", expert, FILES_KEPT - minute)
    done = looked_at("imported", expert, FILES_KEPT + minute)
    ImportFile.objects.filter(pk=done.pk).update(done_at=timezone.now())
    forget(timestamp=0)
    assert {file.name for file in ImportFile.objects.all()} == {"young.csv", "imported.csv"}
    assert Content.objects.count() == 2


def test_a_file_sent_again_after_it_was_forgotten_is_there_again() -> None:
    expert = holder("risk_expert")
    looked_at("again", expert, FILES_KEPT * 2)
    forget(timestamp=0)
    assert looked_at("again", expert, timedelta()).source_id == Content.objects.get().pk
