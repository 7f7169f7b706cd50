"""Whose fault an error is: what cuts a session off is no error of the task that was at work in it."""

import pytest
from django.db import OperationalError

from scheduling.hindrances import raise_if_not_its_own


@pytest.fixture
def farewell(another_session):
    """What Django raises in a session that Postgres ends, while this one is as good as ever."""
    with another_session.cursor() as cursor:
        with pytest.raises(OperationalError) as raised:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    another_session.close()
    return raised.value


def test_a_session_that_was_cut_off_is_not_the_tasks_error_though_another_is_well(farewell):
    with pytest.raises(OperationalError, match="Postgres went away"):
        raise_if_not_its_own(farewell)


def test_what_the_task_says_itself_is_its_own_error(db):
    raise_if_not_its_own(ValueError("no such warehouse"))
