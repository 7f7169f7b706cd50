"""A tenant that adds schedules by the thousand, by SQL or by hand, to keep beat reading."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from scheduling.agenda.triggers import SCHEDULES_MAXIMUM
from scheduling.models import Schedule
from scheduling.schedules import Wish, entry_called, make
from tests.scheduling.builders import make_periodic_task

COPIES = """
    INSERT INTO django_celery_beat_periodictask
        (name, task, crontab_id, args, kwargs, headers, enabled, one_off, total_run_count,
         date_changed, description)
    SELECT 'copy ' || number, task, crontab_id, args, kwargs, headers, enabled, one_off, 0, now(), ''
    FROM django_celery_beat_periodictask, generate_series(1, %s) AS number WHERE id = %s
"""


def copy(row, number):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(COPIES, [number, row.pk])


def test_postgres_takes_no_more_than_a_tenant_may_have(in_acme):
    row = make_periodic_task(crontab="0 0 1 1 *")

    with pytest.raises(IntegrityError, match=f"may have {SCHEDULES_MAXIMUM} schedules"):
        copy(row, SCHEDULES_MAXIMUM)

    copy(row, SCHEDULES_MAXIMUM - Schedule.objects.count())
    assert Schedule.objects.count() == SCHEDULES_MAXIMUM


def test_a_person_is_told_what_to_do(in_acme):
    row = make_periodic_task(crontab="0 0 1 1 *")
    copy(row, SCHEDULES_MAXIMUM - Schedule.objects.count())

    with pytest.raises(ValidationError, match="delete one first"):
        make(entry_called(None), Wish("0 0 * * *", name="one more"), "UTC")
