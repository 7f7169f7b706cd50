"""A session keeps what it read of every table it met, so one that visited many schemas is renewed."""

from typing import Any

import pytest
from django.db import connection, connections

from scheduling.agenda.reindex import Change, reindex_all
from tenants.postgresql import base
from tests.conftest import NOON


@pytest.fixture
def session(db, monkeypatch):
    """A session beside the test's own that may visit two schemas."""
    monkeypatch.setattr(base, "VISITS_PER_SESSION", 2)
    own = connections.create_connection("default")
    yield own
    own.close()


def visit(session, *tenants):
    for tenant in tenants:
        session.set_tenant(tenant)
        with session.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM orders_order")


def number_of(session):
    return session.connection.info.backend_pid


def test_a_session_that_visited_many_schemas_is_renewed_before_the_next_task(session, acme, globex):
    visit(session, acme)
    before = number_of(session)

    visit(session, globex, acme)
    session.forget_session()
    visit(session, acme)
    assert number_of(session) == before

    session.note_visits(["t_initech"])
    session.forget_session()
    visit(session, globex)
    assert number_of(session) != before


def test_a_session_that_reads_schemas_from_outside_counts_them_too(acme, globex):
    reindex_all([Change(tenant.schema_name) for tenant in (acme, globex)], NOON)

    assert {acme.schema_name, globex.schema_name} <= connection.visited  # type: ignore[attr-defined]


def test_it_is_not_renewed_amid_a_transaction(db, acme, globex, monkeypatch):
    monkeypatch.setattr(base, "VISITS_PER_SESSION", 0)
    before: Any = connection
    visit(before, acme, globex)
    raw = before.connection

    before.forget_session()

    assert before.connection is raw
