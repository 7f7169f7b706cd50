"""The watch of a worker: duties at their intervals, whatever goes wrong in them."""

import gc
import os
import signal
import threading
import time
import weakref
from uuid import uuid4

import pytest
from celery.worker import state
from django.db import OperationalError, connection

from scheduling.agenda.heartbeat import firings_at_work
from scheduling.agenda.watch import Duty, Watch, duties


@pytest.fixture
def watch():
    """Make a watch over a function, which ends with the test."""
    watches = []

    def begin(do, every=0.01):
        watches.append(Watch(Duty("test", every, do)))
        return watches[-1]

    yield begin
    for one in watches:
        one.end()
        if one.is_alive():
            one.join(5)


class FakeRequest:
    def __init__(self, id):
        self.id = id


def wait_until(condition, seconds=5):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_duty_is_done_again_and_again_until_the_end(watch):
    done: list[int] = []
    one = watch(lambda: done.append(1))

    one.start()
    wait_until(lambda: len(done) >= 3)
    one.end()
    one.join(5)

    assert not one.is_alive()


def test_the_end_waits_for_no_pause(watch):
    one = watch(lambda: None, every=3600)
    one.start()
    began = time.monotonic()

    one.end()
    one.join(5)

    assert time.monotonic() - began < 1


def test_an_outage_is_told_once_and_its_end_once(watch, caplog):
    answers = iter([OperationalError("away"), OperationalError("away"), None, None])

    def do():
        answer = next(answers)
        if answer:
            raise answer

    one = watch(do)
    for _ in range(4):
        one.attempt()

    said = [record.getMessage() for record in caplog.records]
    assert [("tried again" in line, "goes on" in line) for line in said] == [
        (True, False),
        (False, True),
    ]


def test_an_error_that_nobody_foresaw_ends_no_watch(watch):
    done: list[int] = []

    def do():
        done.append(1)
        raise ZeroDivisionError

    watch(do).start()

    wait_until(lambda: len(done) >= 3)


def test_heart_and_alarm_have_threads_of_their_own():
    assert [duty.name for duty in duties()] == ["heartbeat", "alarm"]


def test_a_pause_is_never_the_same_for_all_workers():
    duty = Duty("test", 60, lambda: None, jitter=0.2)

    pauses = [duty.pause() for _ in range(100)]

    assert 48 <= min(pauses) < max(pauses) <= 72


@pytest.fixture
def active(monkeypatch):
    requests: weakref.WeakSet = weakref.WeakSet()
    monkeypatch.setattr(state, "active_requests", requests)
    return requests


def test_the_heart_beats_for_what_the_pool_is_at(active):
    firing, other = FakeRequest(str(uuid4())), FakeRequest("made up")
    active.update([firing, other])

    assert firings_at_work() == [firing.id]


def test_the_set_may_change_while_it_is_read(active):
    kept = [FakeRequest(str(uuid4())) for _ in range(200)]
    active.update(kept)
    is_over = threading.Event()

    def come_and_go():
        while not is_over.is_set():
            passing = [FakeRequest(str(uuid4())) for _ in range(20)]
            active.update(passing)

    other = threading.Thread(target=come_and_go, daemon=True)
    other.start()
    ids = {request.id for request in kept}
    assert all(ids <= set(firings_at_work()) for _ in range(50))
    is_over.set()
    other.join()


@pytest.mark.django_db
def test_a_child_that_is_forked_leaves_the_watchs_session_alone(watch):
    """As a pool does, at any moment: the child ends, collecting what it inherited."""
    sessions = []

    def ask():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            sessions.append(cursor.fetchone()[0])

    one = Watch(Duty("test", 0.01, ask, keeps_session=True))
    one.start()
    wait_until(lambda: sessions)
    for _ in range(5):
        child = os.fork()
        if child == 0:
            signal.alarm(5)
            gc.collect()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0

    seen = len(sessions)
    wait_until(lambda: len(sessions) > seen + 3)
    one.end()
    one.join(5)
    assert len(set(sessions)) == 1
