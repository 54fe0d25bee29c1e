"""The embedded PostgreSQL by itself: its roles, its secrets, its end, and what it says when it can't begin."""

import os
import shutil
import subprocess
from pathlib import Path

import psycopg
import pytest

from runner.account import step_down
from runner.cluster import APP, OWNER, SUPER, Cluster, settings_for
from runner.place import InUse, Place, refuse_full_disk
from runner.processes import Processes
from runner.say import Problem
from tests.runner.conftest import ROOT


def ask(url: str, question: str) -> object:
    """Give the first value of an answer."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        row = connection.execute(question).fetchone()
        return row[0] if row else None


def test_the_site_s_role_owns_nothing_and_bypasses_nothing(cluster: Cluster) -> None:
    cluster.start()
    powers = "select (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole) from pg_roles where rolname = "
    assert ask(cluster.url(APP), powers + f"'{APP}'") is False
    assert (
        ask(cluster.url(APP), "select pg_catalog.pg_get_userbyid(datdba) from pg_database where datname = 'kivijalka'")
        == OWNER
    )
    assert ask(cluster.url(OWNER), f"select pg_has_role('{OWNER}', '{APP}', 'member')") is True
    assert ask(cluster.url(SUPER, "postgres"), "select current_setting('is_superuser')") == "on"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(cluster.url(APP), "create table mine (id int)")


def test_letters_of_finnish_and_swedish_are_right_on_every_machine(cluster: Cluster) -> None:
    cluster.start()
    assert ask(cluster.url(APP), "select lower('ÄÖÅ') || upper('äöå')") == "äöåÄÖÅ"
    assert (
        ask(
            cluster.url(APP),
            "select datlocprovider::text || datlocale from pg_database where datname = current_database()",
        )
        == "bC.UTF-8"
    )


def test_nobody_comes_in_without_the_password_and_no_port_is_open(cluster: Cluster) -> None:
    cluster.start()
    with pytest.raises(psycopg.OperationalError):
        ask(cluster.url(APP).replace(cluster.place.secret(APP), "guessed"), "select 1")
    assert ask(cluster.url(APP), "select current_setting('listen_addresses')") == ""
    assert cluster.socket_folder().stat().st_mode & 0o077 == 0


def test_data_survives_a_server_that_was_killed(cluster: Cluster) -> None:
    cluster.throwaway = False
    cluster.start()
    with psycopg.connect(cluster.url(OWNER), autocommit=True) as connection:
        connection.execute("create table kept as select 1 as fact")
    assert cluster.server is not None
    cluster.server.process.kill()
    cluster.server.process.wait(10)
    cluster.processes.forget(cluster.server)
    cluster.start()
    assert ask(cluster.url(OWNER), "select fact from kept") == 1


def test_a_folder_is_used_by_one_runner_at_a_time(cluster: Cluster) -> None:
    cluster.place.tell("http://127.0.0.1:8123/")
    with pytest.raises(InUse, match="8123"):
        Place(cluster.place.folder, cluster.place.account).open()


def test_data_of_a_newer_postgresql_is_left_alone(cluster: Cluster) -> None:
    (cluster.data / "PG_VERSION").write_text("99\n")
    with pytest.raises(Problem, match="its PostgreSQL is 99"):
        cluster.start()


def test_a_long_path_gets_a_short_socket(folder: Path, processes: Processes) -> None:
    deep = folder / ("a-long-name-" * 6) / "data"
    deep.mkdir(parents=True)
    cluster = Cluster(Place(deep, None), ROOT / ".venv", processes)
    socket_folder = cluster.socket_folder()
    try:
        assert len(os.fsencode(socket_folder)) <= 80
        assert socket_folder.stat().st_mode & 0o777 == 0o700
        assert socket_folder == cluster.socket_folder()
    finally:
        socket_folder.rmdir()


def test_a_folder_that_someone_else_laid_is_refused(folder: Path, processes: Processes) -> None:
    (folder / "elsewhere").mkdir()
    (folder / "socket").symlink_to(folder / "elsewhere")
    with pytest.raises(Problem, match="belongs to someone else"):
        Cluster(Place(folder, None), ROOT / ".venv", processes).socket_folder()


def test_the_server_takes_no_more_of_a_small_machine_than_it_has() -> None:
    assert settings_for(24_000)["shared_buffers"] == "512MB"
    assert settings_for(4_000)["shared_buffers"] == "250MB"
    assert settings_for(500)["shared_buffers"] == "64MB"


def test_a_disk_without_room_is_told_before_anything_is_begun(folder: Path) -> None:
    with pytest.raises(Problem, match="The disk is almost full") as told:
        refuse_full_disk(folder, needed=10**18)
    assert "Free some space" in told.value.mend


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="2026-11-25: only root can make a tiny disk")
def test_a_disk_that_fills_while_the_database_is_made_is_told(folder: Path, processes: Processes) -> None:
    tiny = folder / "tiny"
    tiny.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=20m,mode=0755", "none", str(tiny)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        with pytest.raises(Problem, match="The disk is almost full"):
            refuse_full_disk(tiny, needed=10**18)
        return
    try:
        place = Place(tiny, step_down(ROOT))
        with pytest.raises(Problem, match="The disk is full"):
            Cluster(place, ROOT / ".venv", processes).create()
    finally:
        subprocess.run(["umount", "-l", str(tiny)], check=True, timeout=20)
