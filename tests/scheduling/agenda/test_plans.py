"""How Postgres goes about what beat asks for each batch, told nothing by statistics yet."""

import pytest
from django.db import connection

from saas.processes import SESSION_SETTINGS
from scheduling.agenda.due_slots import DueSlot
from scheduling.agenda.outgoing import LOCK
from scheduling.agenda.partitions import make_partitions
from tests.conftest import NOON


@pytest.fixture
def as_beat(db):
    """Tell Postgres what it is told of a beat, for as long as the test."""
    with connection.cursor() as cursor:
        for name, value in SESSION_SETTINGS["beat"].items():
            cursor.execute(f"SET LOCAL {name} = '{value}'")


def plan_of(statement, parameters):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}", parameters)
        return "\n".join(line for (line,) in cursor)


def test_what_is_to_publish_is_read_in_order_and_no_further_than_the_limit(as_beat):
    make_partitions(NOON)

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")  # as after five times
        cursor.execute(f"PREPARE once AS {LOCK}")

    plan = plan_of("EXECUTE once (%s, %s)", [NOON, 10])
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE once")

    assert "Merge Append" in plan
    assert "Seq Scan" not in plan
    assert "Bitmap" not in plan
    assert "Disabled" not in plan


def test_what_is_due_is_read_in_order_and_no_further_than_the_limit(as_beat):
    plan = plan_of(*DueSlot.objects.claimable(NOON, 10).query.sql_with_params())

    assert "Index Scan using dueslot_by_due_at" in plan
    assert "Sort" not in plan
