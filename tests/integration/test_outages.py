"""Postgres and the broker not there at start, and gone in between: wait, say so, then work."""

from __future__ import annotations

import re
import urllib.parse

import pytest

from tests.conftest import broker_database
from tests.integration.proxy import Cable
from tests.integration.rows import CLOSING, insert_every
from tests.integration.stack import Stack

pytestmark = pytest.mark.integration


class CutOffStack(Stack):
    postgres: Cable
    broker: Cable


def through(cable: Cable, url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    credentials = parts.netloc.rpartition("@")[0]
    return parts._replace(netloc=f"{credentials}@127.0.0.1:{cable.port}").geturl()


def port_of(url: str) -> int:
    return urllib.parse.urlsplit(url).port


@pytest.fixture
def cut_off(tmp_path):
    """A beat and a worker whose Postgres and broker are behind cables, with one busy tenant."""
    stack = CutOffStack(tmp_path, broker_database(2))
    stack.create_database()
    stack.provision("initech")
    insert_every(stack, stack.schema_of("initech"), "every second", 1)
    stack.postgres = Cable(port_of(stack.database_url))
    stack.broker = Cable(port_of(stack.environment["CELERY_BROKER_URL"]))
    stack.environment |= {
        "DATABASE_URL": through(stack.postgres, stack.database_url),
        "CELERY_BROKER_URL": through(stack.broker, broker_database(2)),
    }
    yield stack
    stack.stop_all()
    stack.postgres.pull()
    stack.broker.pull()
    stack.drop_database()


def says(stack, name, text):
    return stack.wait_until(
        lambda: re.search(text, stack.log(name).read_text()), 30, f"{name} to say {text}"
    )


def wait_for_more_runs(stack, seconds=40):
    before = len(stack.runs("initech"))
    stack.wait_until(lambda: len(stack.runs("initech")) > before + 2, seconds, "more runs")


def test_beat_worker_and_web_wait_for_what_is_not_there_yet(cut_off):
    stack = cut_off
    stack.start_beat("beat")
    stack.start_worker()
    stack.start_web()
    for name in ("beat", "worker", "web"):
        says(stack, name, "waiting for Postgres")

    stack.postgres.plug_in()
    says(stack, "beat", "beat will try again")
    says(stack, "worker", "(?i)cannot connect to redis")
    stack.broker.plug_in()

    wait_for_more_runs(stack)
    assert stack.web_answers()


def test_beat_and_worker_outlive_postgres_and_the_broker(cut_off):
    stack = cut_off
    stack.postgres.plug_in()
    stack.broker.plug_in()
    stack.start_beat("beat")
    stack.start_worker()
    stack.wait_until_ready()
    wait_for_more_runs(stack)

    for cable in (stack.postgres, stack.broker):
        cable.pull()
        says(stack, "beat", "beat will try again")
        cable.plug_in()
        wait_for_more_runs(stack)

    slots = [slot for slot, _state in stack.runs("initech")]
    assert len(slots) == len(set(slots))
    assert all(process.poll() is None for process in stack.processes.values())


def test_what_was_planned_without_a_broker_runs_when_it_is_back(cut_off):
    stack = cut_off
    stack.postgres.plug_in()
    stack.start_beat("beat")
    planned = "SELECT count(*) FROM agenda_firing WHERE state = 'planned'"
    stack.wait_until(lambda: stack.sql(planned)[0][0] >= 3, 30, "planned firings")
    mine = "SELECT slot_at FROM agenda_firing WHERE task = %s"
    promised = {slot for (slot,) in stack.sql(mine, CLOSING)}

    stack.broker.plug_in()
    stack.start_worker()

    stack.wait_until(lambda: promised <= {s for s, _ in stack.runs("initech")}, 40, "every run")
    slots = [slot for slot, _state in stack.runs("initech")]
    assert len(slots) == len(set(slots))
