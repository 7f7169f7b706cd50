"""When within the minutes after its slot a spread schedule fires: the instant, and what shows it."""

from datetime import timedelta
from statistics import mean

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.cadence import CrontabCadence, IntervalCadence
from scheduling.models import Policy
from scheduling.spread import Spread
from tests.conftest import NOON
from tests.people import owner_of
from tests.scheduling.builders import reindex_at
from tests.scheduling.indexing import inside, slot_of, store

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
HOURLY = CrontabCadence.parse("0 * * * *", "UTC")
widths = st.integers(0, 60).map(lambda minutes: minutes * MINUTE)
numbers = st.integers(1, 2**63)


@settings(derandomize=True, database=None, deadline=None, max_examples=300)
@given(numbers, numbers, widths, st.integers(0, 10**6), st.integers(1, 7200) | st.none())
def test_a_slot_fires_within_its_spread_and_before_the_next_one(tenant, task, width, hours, gap):
    slot_at = NOON + hours * HOUR
    following = gap and slot_at + gap * SECOND
    spread = Spread(tenant, task, width)

    fires_at = spread.fires_at(slot_at, following)

    assert fires_at == Spread(tenant, task, width).fires_at(slot_at, following)
    assert fires_at == slot_at if not width else slot_at <= fires_at < slot_at + width
    assert following is None or fires_at < following


def test_without_a_spread_a_slot_fires_at_its_instant():
    assert Spread(1, 1, timedelta(0)).fires_at(NOON, None) == NOON


def test_the_offset_of_a_slot_never_changes_from_release_to_release():
    spread = Spread(7, 3, HOUR)
    offsets = [
        spread.fires_at(NOON + hours * HOUR, None) - hours * HOUR - NOON for hours in range(3)
    ]

    assert [offset.total_seconds() for offset in offsets] == [913, 2732, 707]


def test_tenants_schedules_and_slots_are_spread_evenly():
    by_tenant = [Spread(tenant, 1, HOUR).fires_at(NOON, None) for tenant in range(1000)]
    by_schedule = [Spread(1, task, HOUR).fires_at(NOON, None) for task in range(1000)]
    by_slot = [Spread(1, 1, HOUR).fires_at(NOON + n * HOUR, None) - n * HOUR for n in range(1000)]

    for found in (by_tenant, by_schedule, by_slot):
        minutes = [(at - NOON) // MINUTE for at in found]
        assert 27 < mean(minutes) < 32
        assert set(minutes) == set(range(60))


@settings(derandomize=True, database=None, deadline=None, max_examples=300)
@given(
    st.sampled_from([HOURLY, IntervalCadence(7 * MINUTE, NOON)]),
    widths,
    st.integers(1, 1000),
    st.integers(0, 48 * 3600),
)
def test_slots_are_parted_as_the_instants_are_at_which_they_fire(cadence, width, task, seconds):
    spread, instant = Spread(1, task, width), NOON + seconds * SECOND
    slots = list(cadence.slots(NOON - SECOND, NOON + 50 * HOUR))

    parting = spread.fired_until(instant, cadence)

    fired = [at for at in slots if spread.fires_at(at, cadence.next_after(at)) <= instant]
    assert fired == [at for at in slots if at <= parting]


def spread_over(tenant, minutes, **fields):
    """Store a schedule of a tenant that is spread, and have beat read it at noon."""
    task = store(tenant, NOON - HOUR, **fields)
    with inside(tenant):
        Policy.objects.create(periodic_task_id=task.pk, spread_minutes=minutes)
    reindex_at(tenant.schema_name, NOON)
    return task


def test_a_due_slot_is_due_some_time_after_its_slot(acme, globex):
    task = spread_over(acme, 60)
    store(globex)

    slot = slot_of(acme)

    one = NOON + HOUR
    assert slot.slot_at == one
    assert slot.due_at == Spread(acme.pk, task.pk, HOUR).fires_at(one, one + HOUR)
    assert slot_of(globex).due_at == slot_of(globex).slot_at == one


def test_the_command_tells_the_slot_and_when_it_fires(acme, capsys):
    spread_over(acme, 60, crontab="0 3 * * *")
    slot = slot_of(acme)

    call_command("schedules", "--tenant", "acme")
    told = capsys.readouterr().out

    assert f"{slot.due_at:%Y-%m-%d %H:%M:%S} UTC" in told
    assert f"(slot {slot.slot_at:%Y-%m-%d} 03:00:00 UTC, within 60 min)" in told


def test_the_page_tells_the_slot_and_when_it_fires(acme):
    task = spread_over(acme, 60, crontab="0 3 * * *")
    owner = owner_of("acme")

    for page in ("", f"{task.pk}/change/"):
        told = owner.get(f"/admin/scheduling/schedule/{page}").content.decode()

        assert f"{slot_of(acme).due_at:%H:%M} UTC (slot" in told
        assert "03:00 UTC, spread over 60 minutes)" in told


@pytest.mark.parametrize("minutes", [-1, 61])
def test_a_spread_is_an_hour_at_most_also_by_sql(in_acme, minutes):
    with pytest.raises(IntegrityError), transaction.atomic():
        Policy.objects.create(periodic_task_id=1, spread_minutes=minutes)
