"""What is too old is forgotten, everywhere and nowhere else."""

from datetime import timedelta

from django.db import connection
from django_tenants.utils import schema_context

from tenants import housekeeping
from tenants.audit.models import Entry
from tenants.audit.retention import forget, forget_batch
from tenants.audit.writing import write_difference
from tenants.housekeeping import forget_everywhere
from tenants.models import Tenant
from tenants.postgresql.base import owner_rights
from tenants.tasks import forget_what_is_too_old
from tests.conftest import NOON

YEAR = timedelta(days=365)


def date_back(schema, written):
    """Leave nothing in a log but entries so many days old. As the owner, who alone can."""
    with owner_rights(), schema_context(schema):
        Entry.objects.all().delete()
        for days_old in written:
            write_difference(Tenant(slug=f"{days_old} days"), {}, {"slug": "x"})
            newest = Entry.objects.filter(object_repr=f"{days_old} days")
            newest.update(at=NOON - timedelta(days=days_old))


def kept(schema):
    with schema_context(schema):
        return sorted(Entry.objects.values_list("object_repr", flat=True))


def test_what_is_older_than_it_is_kept_goes_from_every_schema(acme, globex):
    for schema in (acme.schema_name, globex.schema_name, "public"):
        date_back(schema, [364, 366])

    forget_everywhere(NOON)
    forget_everywhere(NOON)

    for schema in (acme.schema_name, globex.schema_name, "public"):
        assert kept(schema) == ["364 days"]


def test_a_schema_that_somebody_locked_keeps_no_other_waiting(
    acme, globex, another_session, monkeypatch
):
    monkeypatch.setattr(housekeeping, "LOCK_TIMEOUT", "200ms")
    for schema in (acme.schema_name, globex.schema_name):
        date_back(schema, [366])
    with another_session.cursor() as cursor:
        cursor.execute(f'LOCK TABLE "{acme.schema_name}".scheduling_run')

    forget_everywhere(NOON)

    assert kept(acme.schema_name) == kept(globex.schema_name) == []
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def test_a_host_whose_clock_is_years_ahead_forgets_nothing(acme, time_machine):
    date_back(acme.schema_name, [])
    with schema_context(acme.schema_name):
        write_difference(Tenant(slug="of today"), {}, {"slug": "x"})
    time_machine.move_to(NOON.replace(year=2040))

    forget_what_is_too_old.run()

    assert kept(acme.schema_name) == ["of today"]


def test_how_long_entries_are_kept_can_be_set(acme, settings):
    settings.AUDIT_RETENTION_DAYS = 10
    date_back(acme.schema_name, [9, 11])

    forget_everywhere(NOON)

    assert kept(acme.schema_name) == ["9 days"]


def test_many_are_forgotten_in_batches_oldest_first(platform):
    date_back("public", range(400, 405))

    assert forget_batch(NOON - YEAR, batch=2) == 2
    assert kept("public") == ["400 days", "401 days", "402 days"]

    forget(NOON, batch=2)

    assert kept("public") == []


def test_a_schema_that_cannot_be_worked_in_does_not_keep_the_others(acme, globex):
    date_back(globex.schema_name, [400])
    Tenant.objects.filter(pk=acme.pk).update(schema_name="t_gone_00000000")

    forget_everywhere(NOON)

    assert kept(globex.schema_name) == []
