"""Waiting on a condition, with a deadline."""

import time

from django.db import connection

DEADLINE = 20  # seconds


def wait_until(is_so):
    deadline = time.monotonic() + DEADLINE
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def wait_until_somebody_waits_for_a_lock():
    wait_until(does_somebody_wait_for_a_lock)


def does_somebody_wait_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0
