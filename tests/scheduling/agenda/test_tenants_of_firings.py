"""No firing without its tenant, which triggers see to in the place of a foreign key."""

from contextlib import closing

import psycopg2
import pytest
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction

from scheduling.agenda.locking import execute
from scheduling.agenda.models import Firing
from tests.conftest import NOON
from tests.scheduling.builders import make_firing

NOBODY = 987_654_321
INSERT = """
INSERT INTO agenda_firing (id, tenant_id, periodic_task_id, task, slot_at, state, trigger,
    planned_at, publications, attempts, outcome, error)
SELECT gen_random_uuid(), tenant, 1, 'x', now(), 'planned', 'schedule', now(), 0, 0, '', ''
FROM unnest(%s::bigint[]) AS tenant
"""


@pytest.fixture
def other():
    """Somebody else's session, in a transaction."""
    own = settings.DATABASES["default"]
    address = {"dbname": own["NAME"], "host": own["HOST"], "port": own["PORT"]}
    with closing(
        psycopg2.connect(user=own["USER"], password=own["PASSWORD"], **address)
    ) as session:
        yield session


def delete(tenant):
    """Delete a tenant as if no other table knew it, and take that back."""
    with transaction.atomic():
        execute("DELETE FROM tenants_tenant WHERE id = %s", tenant.pk)
        execute("SET CONSTRAINTS agenda_keep_tenant_of_firings IMMEDIATE")
        transaction.set_rollback(True)


def test_of_many_firings_none_is_written_if_one_is_of_nobody(acme, globex):
    with pytest.raises(IntegrityError, match="a tenant that is not there"), transaction.atomic():
        execute(INSERT, [acme.pk, NOBODY, globex.pk])

    assert not Firing.objects.exists()
    execute(INSERT, [acme.pk, globex.pk])


def test_a_tenant_that_has_firings_is_not_deleted(acme, globex):
    make_firing(acme, NOON)

    with pytest.raises(IntegrityError, match=f"tenant {acme.pk} has firings"):
        delete(acme)

    delete(globex)


def test_a_tenant_stays_while_a_firing_of_its_is_being_written(acme, globex, other):
    with other.cursor() as cursor:
        cursor.execute(INSERT, [[acme.pk]])
    connection.cursor().execute("SET LOCAL lock_timeout = '200ms'")

    with pytest.raises(OperationalError, match="lock timeout"):
        delete(acme)

    delete(globex)
    other.rollback()
    delete(acme)
