from typing import Any

import pytest
from django.db import connections

from scheduling.agenda.clock import database_now
from scheduling.agenda.models import ScheduleChange, TenantIndex
from scheduling.agenda.reindex import reindex_changed
from tests.conftest import NOON


@pytest.fixture
def another_session():
    """A connection beside the test's own, whose transaction is rolled back at the end."""
    own: Any = connections.create_connection("default")
    own.set_autocommit(False)
    yield own
    own.rollback()
    own.close()


def test_a_schema_that_somebody_locked_is_tried_again_after_the_others(
    acme, globex, another_session
):
    ScheduleChange.objects.all().delete()
    with another_session.cursor() as cursor:
        cursor.execute(f'LOCK TABLE "{acme.schema_name}".django_celery_beat_periodictask')
    for tenant in (acme, globex):
        ScheduleChange.objects.create(schema_name=tenant.schema_name, changed_at=NOON)

    began_at = database_now()
    assert reindex_changed(began_at) == 1
    assert reindex_changed(database_now()) == 0

    marked = set(ScheduleChange.objects.values_list("schema_name", flat=True))
    assert marked == {acme.schema_name}
    assert TenantIndex.objects.get(tenant=globex).reindexed_at >= began_at
