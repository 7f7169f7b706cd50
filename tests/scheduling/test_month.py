"""The last thirty days of runs, added up by day on the tenant's calendar."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django_tenants.utils import tenant_context

from scheduling.models import Run
from scheduling.month import month_until
from tests.conftest import NOON

BERLIN = ZoneInfo("Europe/Berlin")


def make_run(slot_at, state="succeeded", closed=0):
    number = Run.objects.count() + 1
    fields = {"state": state, "closed": closed, "trigger": "schedule"}
    return Run.objects.create(periodic_task_id=number, slot_at=slot_at, **fields)


def by_day(month):
    return {day.day: day for day in month.days}


def test_runs_are_added_up_by_day_and_by_how_they_ended(in_acme):
    for state in ("succeeded", "succeeded", "failed", "missed", "paused", "running"):
        make_run(NOON - timedelta(days=1), state, closed=2)

    day = by_day(month_until(NOON, BERLIN))[date(2026, 11, 21)]

    assert (day.succeeded, day.failed, day.other, day.closed) == (2, 2, 2, 12)
    assert day.sign == "failed"


def test_a_day_begins_at_the_tenants_midnight(in_acme):
    make_run(datetime(2026, 11, 20, 22, 59, tzinfo=UTC), closed=1)
    make_run(datetime(2026, 11, 20, 23, 1, tzinfo=UTC), closed=5)

    days = by_day(month_until(NOON, BERLIN))

    assert days[date(2026, 11, 20)].closed == 1
    assert days[date(2026, 11, 21)].closed == 5
    assert days[date(2026, 11, 21)].begin == datetime(2026, 11, 20, 23, tzinfo=UTC)


def test_a_day_on_which_clocks_change_is_as_long_as_it_is(in_acme):
    days = by_day(month_until(datetime(2026, 10, 28, tzinfo=UTC), BERLIN))

    autumn = days[date(2026, 10, 25)]

    assert autumn.end.astimezone(UTC) - autumn.begin.astimezone(UTC) == timedelta(hours=25)


def test_there_are_thirty_days_whatever_there_was(in_acme, globex):
    make_run(NOON - timedelta(days=31), closed=9)
    with tenant_context(globex):
        make_run(NOON, closed=9)

    month = month_until(NOON, BERLIN)

    assert len(month.days) == len(month.bars) == 30
    assert (month.closed, month.has_runs) == (0, False)


def test_the_busiest_day_has_the_highest_bar_and_a_quiet_one_is_seen(in_acme):
    make_run(NOON, closed=1000)
    make_run(NOON - timedelta(days=1), closed=1)

    *_, before, last = month_until(NOON, BERLIN).bars

    assert (last.height, last.y) == (60, 0)
    assert before.height == 2


def test_many_runs_cost_one_query(in_acme, django_assert_num_queries):
    for hours in range(50):
        make_run(NOON - timedelta(hours=hours))

    with django_assert_num_queries(1):
        month_until(NOON, BERLIN)
