"""A pause until a date that comes, with real beats and a real worker."""

import pytest

pytestmark = pytest.mark.integration

SLUG = "resting"
PAUSE = """
    WITH paused AS (
        UPDATE django_celery_beat_periodictask SET enabled = false RETURNING id
    ) INSERT INTO scheduling_pause (periodic_task_id, by, until_at, reason)
    SELECT id, 'ann', clock_timestamp() + interval '1 hour', 'tea' FROM paused
"""
SOON = "UPDATE scheduling_pause SET until_at = clock_timestamp() + interval '3 seconds'"
PAUSED = "SELECT count(*) FROM django_celery_beat_periodictask WHERE NOT enabled"
KNOWN = "SELECT count(*) FROM scheduling_pause"


def test_a_pause_ends_by_itself_within_moments_and_only_at_its_date(stack):
    schema = stack.provision(SLUG)["schema_name"]
    stack.sql(PAUSE, schema=schema)
    assert stack.sql(PAUSED, schema=schema) != [(0,)]
    (shown, *_) = stack.answer("schedules", "--tenant", SLUG)
    assert (shown["enabled"], shown["next_at"]) == (False, None)
    assert (shown["pause"]["by"], shown["pause"]["reason"]) == ("ann", "tea")

    stack.sql(SOON, schema=schema)
    assert stack.sql(PAUSED, schema=schema) != [(0,)]
    stack.wait_until(lambda: stack.sql(PAUSED, schema=schema) == [(0,)], 15, "the end of the pause")

    assert stack.sql(KNOWN, schema=schema) == [(0,)]
    assert stack.sql("SELECT count(*) FROM scheduling_run", schema=schema) == [(0,)]
    (shown, *_) = stack.answer("schedules", "--tenant", SLUG)
    assert shown["enabled"]
    assert "pause" not in shown
