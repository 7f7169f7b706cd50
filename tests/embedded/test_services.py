"""The life of the embedded services: start, again, one at a time, no trace."""

import contextlib
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest

from saas.embedded import AlreadyRunning, Services, discard
from saas.embedded.account import server_account
from saas.embedded.state import CHECKOUT, State
from tests.embedded.processes import processes_with, wait_until

HOLD = """
import sys, time
from saas.embedded import Services
with Services(sys.argv[1], durable=False) as services:
    print(services.database_url, flush=True)
    time.sleep(600)
"""


def execute(url: str, statement: str) -> list:
    with contextlib.closing(psycopg2.connect(url)) as database:
        database.autocommit = True
        with database.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


def test_data_and_passwords_outlive_a_stop(folder):
    with Services(folder, durable=False) as first:
        execute(first.database_url, "CREATE TABLE kept AS SELECT 7 AS number")
        before = first.database_url

    with Services(folder, durable=False) as second:
        assert execute(second.database_url, "SELECT number FROM kept") == [(7,)]
        assert second.database_url.split("@")[0] == before.split("@")[0]


def test_a_second_owner_of_the_same_folder_is_refused(folder):
    with Services(folder, durable=False):
        with pytest.raises(AlreadyRunning):
            Services(folder, durable=False).start()
        with pytest.raises(AlreadyRunning):
            discard(folder)


def test_what_runs_is_announced_while_it_runs(folder):
    with Services(folder, durable=False) as services:
        assert State(folder).announced() == services.urls

    assert State(folder).announced() is None


def test_secrets_are_readable_by_their_owner_only(folder):
    with Services(folder, durable=False):
        for name in ("passwords.json", "services.json"):
            assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_passwords_are_on_no_command_line(folder):
    with Services(folder, durable=False) as services:
        secrets = [services.database_url, services.superuser_url, services.broker_url]
        for url in secrets:
            password = url.split("://")[1].rsplit("@")[0].split(":")[1]
            assert not processes_with(password)


def test_they_run_below_a_path_longer_than_a_socket_may_have(folder):
    deep = folder.joinpath(*["a-folder-with-a-rather-long-name"] * 6)
    deep.mkdir(parents=True)

    with Services(deep, durable=False) as services:
        assert execute(services.database_url, "SELECT 1") == [(1,)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")
def test_root_runs_them_under_another_account(folder):
    with Services(folder, durable=False):
        owners = {Path(f"/proc/{pid}").stat().st_uid for pid in processes_with(str(folder))}

    assert owners == {server_account().uid}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")
def test_root_may_keep_its_state_where_nobody_else_can_look(folder):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    state = closed / "state"

    with Services(state, durable=False) as services:
        assert execute(services.database_url, "SELECT 1") == [(1,)]

    outside = State(state).outside()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    discard(state)
    assert not outside.exists()


def test_they_end_with_an_owner_that_is_killed_and_start_again(folder):
    owner = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], cwd=CHECKOUT, stdout=subprocess.PIPE
    )
    with owner:
        assert owner.stdout.readline()
        owner.send_signal(signal.SIGKILL)

    assert wait_until(lambda: not processes_with(str(folder)))
    with Services(folder, durable=False) as services:
        assert execute(services.database_url, "SELECT 1") == [(1,)]
