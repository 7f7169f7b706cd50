"""The dead man's switch with a real worker: no beat, no broker, Postgres gone in between."""

from __future__ import annotations

import quopri
import re

import pytest

from tests.conftest import broker_database
from tests.integration.proxy import Cable
from tests.integration.rows import insert_every
from tests.integration.stack import Stack
from tests.integration.test_outages import port_of, through

pytestmark = pytest.mark.integration

REINDEX = """
from scheduling.agenda.clock import database_now
from scheduling.agenda.reindex import reindex_changed
while reindex_changed(database_now()):
    pass
"""
LAST_PASS = "SELECT ended_at FROM agenda_alarmpass"


class WatchedStack(Stack):
    postgres: Cable
    broker: Cable


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """A tenant with a slot every second that no beat takes, and a worker soon impatient."""
    tmp_path = tmp_path_factory.mktemp("watched")
    stack = WatchedStack(tmp_path, broker_database(7))
    stack.create_database()
    stack.provision("initech", owner_email="owner@initech.test")
    insert_every(stack, stack.schema_of("initech"), "Every second", 1)
    stack.manage("shell", "-v", "0", "-c", REINDEX)
    stack.postgres, stack.broker = Cable(port_of(stack.database_url)), Cable(port_of(broker()))
    stack.environment |= {
        "DATABASE_URL": through(stack.postgres, stack.database_url),
        "CELERY_BROKER_URL": through(stack.broker, broker()),
        "EMAIL_URL": f"filemail:///{tmp_path / 'mail'}",
        "ALARM_EMAILS": "ops@platform.test",
        "ALARM_AFTER_SECONDS": "2",
        "ALARM_EVERY_SECONDS": "1",
        "ALARM_MAIL_EVERY_SECONDS": "3",
    }
    stack.postgres.plug_in()
    yield stack
    stack.stop_all()
    stack.postgres.pull()
    stack.broker.pull()
    stack.drop_database()


def broker():
    return broker_database(7)


def mailed(stack, to, text):
    """Wait until a mail to somebody has this in it, and return how many there are."""

    def found():
        files = sorted((stack.folder / "mail").glob("*"))
        mails = "".join(quopri.decodestring(f.read_bytes()).decode() for f in files).split("-" * 79)
        return [mail for mail in mails if f"To: {to}\n" in mail and text in mail]

    return stack.wait_until(found, 30, f"a mail to {to}: {text}")


def test_a_missed_run_is_told_with_nothing_but_a_worker_and_its_recovery_too(watched):
    stack = watched
    stack.start_worker()

    mailed(stack, "owner@initech.test", "has missed its run")
    mailed(stack, "ops@platform.test", "initech: 1 missed")
    assert not stack.says("worker", " ready.")
    assert stack.sql("SELECT count(*) FROM agenda_firing") == [(0,)]

    stack.broker.plug_in()
    stack.start_beat("beat")

    mailed(stack, "owner@initech.test", "Well again since")
    mailed(stack, "ops@platform.test", "initech: 0 missed, 1 well again")
    stack.stop("worker")  # fails if it takes long
    assert "Traceback" not in stack.log("worker").read_text()


def test_the_watch_outlives_postgres_and_says_so_once(watched):
    stack = watched
    stack.start_worker()
    ((before,),) = stack.sql(LAST_PASS)
    stack.wait_until(lambda: stack.sql(LAST_PASS) > [(before,)], 30, "a pass")

    stack.postgres.pull()
    stack.wait_until(lambda: stack.says("worker", "will be tried again"), 20, "the outage")
    stack.postgres.plug_in()
    stack.wait_until(lambda: stack.says("worker", "goes on"), 20, "its end")

    said = stack.log("worker").read_text()
    assert len(re.findall("will be tried again.*alarm", said)) == 1
    stack.stop("worker")
