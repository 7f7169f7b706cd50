"""The broker killed, frozen, cut off or silent: nobody ends, and work goes on within 30 s."""

from __future__ import annotations

import contextlib
import time

import pytest

from tests.integration.proxy import Cable
from tests.integration.rows import insert_every
from tests.integration.stack import Stack
from tests.integration.valkey import ValkeyServer

pytestmark = pytest.mark.integration

BROKERS = ["valkey", pytest.param("rabbit", marks=pytest.mark.rabbitmq)]
#: Promised, from the broker's return to the next run.
RESUMED_SECONDS = 30.0
#: Longer than Valkey may take for an answer (`saas/messaging.py`).
FROZEN_SECONDS = 6.0
BEGUN_SINCE = "SELECT count(*) FROM scheduling_run WHERE state = 'succeeded' AND started_at > %s"


class Line(Stack):
    """A beat and a worker with a broker behind a cable, and one busy tenant."""

    def set_up(self):
        self.create_database()
        self.provision("initech")
        insert_every(self, self.schema_of("initech"), "every second", 1)

    def connect(self, server):
        self.server, self.cable = server, Cable(server.port)
        self.cable.plug_in()
        url = server.url.replace(str(server.port), str(self.cable.port))
        self.environment["CELERY_BROKER_URL"] = url
        for log in self.folder.glob("*.log"):
            log.unlink()
        self.start_beat("beat")
        self.start_worker()
        self.wait_until_ready()
        self.resumed()

    def disconnect(self):
        self.stop_all()
        self.cable.pull()

    def now(self):
        return self.sql("SELECT clock_timestamp()")[0][0]

    def resumed(self):
        """Return after how many seconds from now on a run was begun that succeeded."""
        since, start, schema = self.now(), time.monotonic(), self.schema_of("initech")
        begun = lambda: self.sql(BEGUN_SINCE, since, schema=schema)[0][0]  # noqa: E731
        self.wait_until(begun, RESUMED_SECONDS, "a run begun since")
        return time.monotonic() - start


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    line = Line(tmp_path_factory.mktemp("line"), "")
    line.set_up()
    yield line
    line.drop_database()


@pytest.fixture(scope="module")
def valkey():
    with ValkeyServer() as server:
        yield server


@pytest.fixture(scope="module", params=BROKERS)
def line(request, database):
    server = request.getfixturevalue(request.param)
    server.empty()
    database.connect(server)
    yield database
    database.disconnect()


@pytest.fixture(autouse=True)
def nobody_ends_and_nothing_is_doubled(line):
    yield
    slots = [slot for slot, _state in line.runs("initech")]
    assert len(slots) == len(set(slots))
    assert [name for name, process in line.processes.items() if process.poll() is not None] == []


@contextlib.contextmanager
def killed(line):
    line.server.kill()
    yield
    line.server.start()
    line.server.wait_until_ready()


@contextlib.contextmanager
def frozen(line):
    line.server.freeze()
    yield
    line.server.thaw()


@contextlib.contextmanager
def cut_off(line):
    line.cable.pull()
    yield
    line.cable.plug_in()


@contextlib.contextmanager
def half_open(line):
    line.cable.fall_silent()
    yield
    line.cable.speak()


@pytest.mark.parametrize(
    ("outage", "seconds"), [(killed, 1), (frozen, FROZEN_SECONDS), (half_open, 1)]
)
def test_work_goes_on_after_an_outage(line, outage, seconds):
    with outage(line):
        time.sleep(seconds)

    print(f"{outage.__name__}: work went on after {line.resumed():.1f} s")  # shown by `pytest -s`


@pytest.mark.long
@pytest.mark.parametrize("outage", [killed, frozen, cut_off, half_open])
@pytest.mark.parametrize("seconds", [1, 15, 40])
def test_work_goes_on_after_an_outage_of_any_length(line, outage, seconds):
    with outage(line):
        time.sleep(seconds)

    print(f"{outage.__name__} {seconds} s: work went on after {line.resumed():.1f} s")
