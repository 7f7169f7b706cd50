from django.core.management import call_command
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import schema_context

from scheduling.catalogue import platform_catalogue, tenant_catalogue
from scheduling.seeding import seed_platform_schedules, seed_tenant_schedules
from tests.scheduling import sample_tasks


def rows():
    return list(PeriodicTask.objects.values_list("name", "crontab__hour", "enabled"))


def test_seeding_again_changes_nothing(in_acme):
    before = rows()

    seed_tenant_schedules(in_acme)

    assert rows() == before == [("Close old orders", "0", True)]


def test_seeding_again_does_not_undo_what_the_tenant_made_of_it(in_acme):
    PeriodicTask.objects.update(name="Nightly", enabled=False)

    seed_tenant_schedules(in_acme)

    assert rows() == [("Nightly", "0", False)]


def test_seeding_again_does_not_bring_back_what_the_tenant_deleted(in_acme):
    PeriodicTask.objects.all().delete()

    seed_tenant_schedules(in_acme)

    assert rows() == []


def test_migrating_again_leaves_the_platforms_schedules_as_they_are(platform):
    PeriodicTask.objects.filter(task=sample_tasks.housekeeping.name).delete()
    PeriodicTask.objects.update(enabled=False)
    before = rows()

    call_command("migrate_schemas", shared=True, verbosity=0)

    after = set(rows())
    assert set(before) <= after
    assert after - set(before) <= {("Tidy", "4", True)}


def test_the_platforms_own_tasks_are_seeded_in_the_public_schema(platform, acme):
    seed_platform_schedules()

    names = set(PeriodicTask.objects.values_list("task", flat=True))
    assert {"tenants.tasks.finish_provisioning", "sample.housekeeping"} <= names
    with schema_context(acme.schema_name):
        assert not PeriodicTask.objects.filter(task__in=names).exists()


def test_the_two_catalogues_share_nothing():
    tenants, platforms = tenant_catalogue(), platform_catalogue()

    assert not set(tenants) & set(platforms)
    assert "sample.private" not in {**tenants, **platforms}
    assert "tenants.tasks.build_tenant" not in {**tenants, **platforms}
    assert {
        "orders.tasks.auto_close_old_orders",
        "orders.tasks.send_weekly_summary",
        "orders.tasks.make_daily_report",
        "orders.tasks.clear_expired_sessions",
    } <= set(tenants)
