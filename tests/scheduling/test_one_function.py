"""What is shown is what fires: command, pages and books agree with beat, slot by slot."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django_celery_beat.models import ClockedSchedule, PeriodicTask, SolarSchedule

from scheduling import asking
from scheduling.accounting import Span, close_books
from scheduling.agenda.limits import decide
from scheduling.agenda.models import Firing, ScheduleVersion
from scheduling.agenda.planning import plan_due
from scheduling.display import next_text
from scheduling.management.commands import schedules as command
from scheduling.models import Policy
from scheduling.overview import schedules_of
from tests.people import owner_of
from tests.scheduling.builders import make_interval, make_periodic_task, reindex_at, take_all
from tests.scheduling.indexing import inside

#: The night in which clocks go back in Berlin, and in New York there is nothing.
BEGIN, END = datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 6, 30, tzinfo=UTC)
#: Pages take long, so of the instants looked at only those are, at minutes that this divides.
PAGES_EVERY = 30
LIST = "/admin/scheduling/schedule/"
CRONTABS: dict[str, list[tuple[str, str, str, dict[str, object]]]] = {
    "acme": [
        ("elapsed", "*/20 * * * *", "Europe/Berlin", {}),
        ("once", "30 2 * * *", "Europe/Berlin", {}),
        ("both", "30 2 * * *", "Europe/Berlin", {"repeat": "both"}),
        ("spread", "0 * * * *", "Asia/Kolkata", {"spread_minutes": 60}),
        ("narrow", "*/25 * * * *", "UTC", {"spread_minutes": 30}),
    ],
    "globex": [
        ("same hours", "0 */2 * * *", "America/New_York", {}),
        ("spread", "0 * * * *", "Asia/Kolkata", {"spread_minutes": 60}),
    ],
}


@pytest.fixture
def tenants(acme, globex, settings):
    """Both with schedules of every kind since the evening, and none that waits for another."""
    settings.SCHEDULE_POLICIES = settings.SCHEDULE_POLICIES | {"overlap": "allow"}
    for tenant in (acme, globex):
        decide(tenant, firings_in_flight_maximum=10_000)
        with inside(tenant):
            PeriodicTask.objects.all().delete()
        reindex_at(tenant.schema_name, BEGIN)
        with inside(tenant):
            make_schedules(CRONTABS[tenant.slug])
        reindex_at(tenant.schema_name, BEGIN)
    return [acme, globex]


def make_schedules(crontabs):
    for name, crontab, zone, policies in crontabs:
        task = make_periodic_task(name=name, crontab=crontab, timezone=zone)
        if policies:
            Policy.objects.create(periodic_task_id=task.pk, **policies)
    make_periodic_task(name="interval", interval=make_interval(37, "minutes"))
    make_periodic_task(
        name="clocked",
        clocked=ClockedSchedule.objects.create(clocked_time=BEGIN + timedelta(hours=3)),
        one_off=True,
    )
    make_periodic_task(
        name="solar",
        solar=SolarSchedule.objects.create(event="sunrise", latitude=52.5, longitude=13.4),
    )


@pytest.fixture
def at_hand(tenants, monkeypatch, capsys):
    """Return what command, pages and overview show at an instant, if they all show the same."""
    owners = {tenant.slug: owner_of(tenant.slug) for tenant in tenants}

    def shown(now):
        for edge in (command, asking):
            monkeypatch.setattr(edge, "database_now", lambda: now)
        call_command("schedules", "--json")
        rows = schedules_of(tenants, now)
        told = json.loads(capsys.readouterr().out)
        assert [(row["name"], row["next_at"]) for row in told] == [
            (row["name"], row["next_at"] and written(row["next_at"])) for row in rows
        ]
        for slug, owner in owners.items() if now.minute % PAGES_EVERY == 0 else ():
            page = owner.get(LIST).content.decode()
            assert all(
                next_text(row) in page for row in rows if row["tenant"] == slug and row["next_at"]
            )
        return rows

    return shown


def written(instant):
    return instant.isoformat().replace("+00:00", "Z")


def slot_of(row):
    return row["tenant"], row["name"], row.get("slot_at", row["next_at"])


def fired(tenants):
    names: dict[tuple[int, int], str] = {}
    for tenant in tenants:
        with inside(tenant):
            names |= {
                (tenant.pk, pk): name for pk, name in PeriodicTask.objects.values_list("pk", "name")
            }
    return {
        (
            firing.tenant.slug,
            names[firing.tenant_id, firing.periodic_task_id],
            firing.slot_at,
        ): firing
        for firing in Firing.objects.filter(tenant__in=tenants).select_related("tenant")
    }


def test_what_was_shown_is_what_fired_and_what_the_books_expect(tenants, at_hand):
    shown: dict[tuple[str, str, datetime], datetime] = {}
    now = BEGIN
    while True:
        rows = [row for row in at_hand(now) if row["next_at"]]
        before, now = now, min(row["next_at"] for row in rows)
        assert before < now
        if now > END:
            break
        shown |= {slot_of(row): row["next_at"] for row in rows if row["next_at"] == now}
        take_all(now)

    found = fired(tenants)

    assert {slot: firing.planned_at for slot, firing in found.items()} == shown
    assert {firing.trigger for firing in found.values()} == {"schedule"}
    assert {name for _slug, name, _at in shown} == {
        *(name for own in CRONTABS.values() for name, *_ in own),
        "interval",
        "clocked",
        "solar",
    }
    by_history = {
        (version.tenant.slug, version.name, slot_at)
        for version in ScheduleVersion.objects.filter(tenant__in=tenants, from_at=BEGIN, to_at=None)
        for slot_at in version.slots(BEGIN, END)
        if version.fires_at(slot_at) <= END
    }
    assert by_history == set(shown)
    books = close_books(tenants, Span(BEGIN, END), END + timedelta(hours=1))
    assert [entry for entry in books.unaccounted if entry["slot"] < END - timedelta(hours=1)] == []
    assert books.surplus == []


def test_what_is_shown_of_an_edit_before_beat_has_read_it_is_what_beat_makes_of_it(tenants):
    acme, _globex = tenants
    with inside(acme):
        task = make_periodic_task(name="new", crontab="10 4 * * *", timezone="Europe/Berlin")
        Policy.objects.create(periodic_task_id=task.pk, spread_minutes=45)
    (before,) = (row for row in schedules_of([acme], BEGIN) if row["name"] == "new")

    reindex_at(acme.schema_name, BEGIN)

    (after,) = (row for row in schedules_of([acme], BEGIN) if row["name"] == "new")
    assert before == after
    plan_due(after["next_at"] - timedelta(seconds=1))
    assert not Firing.objects.filter(periodic_task_id=task.pk).exists()
    plan_due(after["next_at"])
    assert Firing.objects.get(periodic_task_id=task.pk).slot_at == after["slot_at"]
