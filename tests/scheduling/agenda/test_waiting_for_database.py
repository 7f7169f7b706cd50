"""Waiting for Postgres, also for one that goes away amid the first question."""

import pytest
from django.db import connection, connections

from scheduling.agenda import waiting
from tenants.postgresql import pooling


@pytest.fixture
def session(db, monkeypatch):
    """The session of a process that starts, beside the test's own."""
    own = connections.create_connection("default")
    for module in (waiting, pooling):
        monkeypatch.setattr(module, "connection", own)
    yield own
    own.close()


def test_a_session_that_was_lost_meanwhile_is_made_anew(session):
    assert waiting.database_answers()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(%s, 5000)", [session.connection.info.backend_pid]
        )

    assert [waiting.database_answers() for _ in range(2)] == [False, True]
