"""A tenant's SQL locks a firing of its own and does not let go: beat goes on with everybody else's."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.models import F
from django_tenants.utils import tenant_context

from scheduling.agenda.clock import database_now
from scheduling.agenda.holding import hasten_released
from scheduling.agenda.models import Firing
from scheduling.agenda.rescue import take_back_forgotten
from tests.conftest import NOON, tenant
from tests.scheduling.builders import make_firing

TASK, SOON = 7077, timedelta(hours=1)


@pytest.fixture
def session(django_db_setup, django_db_blocker):
    """A connection of acme's beside beat's, which waits for no lock for ever; nothing is left of both."""
    with django_db_blocker.unblock():
        acmes = connections.create_connection("default")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '1s'")
        yield acmes
        acmes.close()
        Firing.objects.filter(periodic_task_id=TASK).delete()
        connection.close()


def locked_for(session, **fields):
    """Make a firing of each tenant; lock acme's in its role, in a transaction that stays open."""
    acme, globex = (tenant(slug=slug) for slug in ("acme", "globex"))
    for one in (acme, globex):
        make_firing(one, NOON, TASK, publish_at=database_now() + SOON, **fields)
    with tenant_context(acme):
        own: Any = connection
        role = own.role_of(acme.schema_name)
    session.set_autocommit(False)
    with session.cursor() as cursor:
        cursor.execute(f"SET ROLE {role}")
        lock = "SELECT FROM public.agenda_firing WHERE periodic_task_id = %s FOR UPDATE"
        cursor.execute(lock, [TASK])
        assert cursor.rowcount == 1


def left_alone():
    """Return whose firings still are what they were: none has been hastened or taken back."""
    later = Firing.objects.filter(periodic_task_id=TASK, publish_at__gt=database_now() + SOON / 2)
    return list(later.order_by("tenant__slug").values_list(F("tenant__slug"), flat=True))


@pytest.mark.parametrize(
    ("pass_over", "fields"),
    [
        (hasten_released, {"released": True}),
        (take_back_forgotten, {"state": "published"}),
    ],
)
def test_what_beat_does_for_all_passes_over_a_firing_that_its_tenant_holds(
    session, pass_over, fields
):
    locked_for(session, **fields)

    pass_over(database_now())
    assert left_alone() == ["acme"]

    session.rollback()
    pass_over(database_now())
    assert left_alone() == []
