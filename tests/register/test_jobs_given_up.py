"""A job that always fails is given up, keeps nothing else from being done, and is told to who runs the site."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from kivijalka.register import jobs
from kivijalka.register.sealing import seals
from kivijalka.register.sealing.models import Seal
from tests import factories as make
from tests.jobs import work_off


def told(**options: bool) -> str:
    """What `./run manage jobs` says where it finds nothing wrong."""
    out = StringIO()
    call_command("jobs", stdout=out, **options)
    return out.getvalue()


def its_time_has_come() -> None:
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set scheduled_at = now()")


def a_worker_lives() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select procrastinate_register_worker_v1()")


def test_a_job_that_always_fails_is_given_up_and_told_and_all_else_is_done(committed: str) -> None:
    broken = jobs.work_on_import.defer(file="no file", person="", on_behalf_of=None, language="fi")
    for attempts in range(1, jobs.MOST_TRIES + 2):
        make.risk("Sade")
        its_time_has_come()
        work_off()
        assert ProcrastinateJob.objects.get(pk=broken).attempts == attempts
    assert ProcrastinateJob.objects.get(pk=broken).status == "failed"
    assert Seal.objects.exists()
    a_worker_lives()
    with pytest.raises(CommandError, match="work_on_import failed"):
        told()
    assert "Begun anew" in told(again=True)
    assert ProcrastinateJob.objects.get(pk=broken).status == "todo"


def test_without_a_worker_who_runs_the_site_is_told_so(committed: str) -> None:
    with pytest.raises(CommandError, match="no worker is running"):
        told()
    a_worker_lives()
    assert "workers running: 1" in told()


def test_a_trail_that_nobody_seals_is_told(committed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    a_worker_lives()
    make.risk("Sade")
    told()
    monkeypatch.setattr("kivijalka.register.management.commands.jobs.UNSEALED", timedelta(0))
    with pytest.raises(CommandError, match="the trail is not sealed"):
        told()
    assert seals.seal() == 1
    assert "sealed: all" in told()
