"""What was said of many slots in one, when the database's clock was set back amid them."""

from datetime import timedelta

from django_tenants.utils import tenant_context

from scheduling.agenda.models import DueSlot, Firing
from scheduling.agenda.planning import write as write_firings
from scheduling.agenda.stretches import cut_stretches
from scheduling.agenda.taking import verdict
from scheduling.cadence import Stretch
from scheduling.models import Run
from scheduling.verdicts import write_verdict
from tests.conftest import NOON
from tests.scheduling.builders import make_firing, make_periodic_task, reindex_at

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def miss(tenant, first_at, hours, **fields):
    """Write down that so many hourly slots in a row were missed, as beat and worker do."""
    stretch = {"verdict": "missed", "error": "Nobody was there.", "slots": hours}
    last_at = first_at + (hours - 1) * HOUR
    fields = {"last_slot_at": last_at, "state": "settled", "outcome": "missed"} | fields
    firing = make_firing(tenant, first_at, **stretch, **fields)
    if not tenant.is_platform:
        write(firing)
    return firing


def write(firing):
    """Do what a worker does with a verdict."""
    with tenant_context(firing.tenant):
        write_verdict(firing)


def missed_by(tenant):
    with tenant_context(tenant):
        return list(Run.objects.values_list("slot_at", "last_slot_at", "slots"))


def written_again(firing):
    """What a worker makes of a firing that was sent to it again."""
    again = Firing.objects.select_related("tenant").get(pk=firing.pk)
    assert again.state == "planned"
    write(again)
    return missed_by(again.tenant)


def test_slots_that_are_yet_to_come_were_not_missed(acme, globex):
    firing = miss(acme, NOON + HOUR, 48)
    past = miss(globex, NOON - 3 * HOUR, 3)

    assert cut_stretches(NOON) == 1
    assert cut_stretches(NOON) == 0

    assert written_again(firing) == [(NOON + HOUR, NOON + HOUR, 1)]
    past.refresh_from_db()
    assert (past.state, past.slots) == ("settled", 3)


def test_slots_that_were_missed_before_the_clock_was_ahead_stay_missed(acme):
    with tenant_context(acme):
        row = make_periodic_task(crontab="0 * * * *")
    reindex_at(acme.schema_name, NOON - 3 * DAY)
    firing = miss(acme, NOON - 4 * HOUR, 48, periodic_task_id=row.pk)

    cut_stretches(NOON)

    assert written_again(firing) == [(NOON - 4 * HOUR, NOON, 5)]


def test_a_stretch_that_no_history_explains_is_left(acme):
    firing = miss(acme, NOON - HOUR, 48)

    assert cut_stretches(NOON) == 0

    firing.refresh_from_db()
    assert firing.slots == 48


def test_the_platforms_own_stretches_are_cut_without_a_worker(platform_tenant):
    firing = miss(platform_tenant, NOON + HOUR, 48)

    assert cut_stretches(NOON) == 1

    firing.refresh_from_db()
    assert (firing.state, firing.slots, firing.last_slot_at) == ("settled", 1, NOON + HOUR)


def test_what_fired_while_the_clock_was_ahead_is_left_out_of_what_was_missed(acme, globex):
    others = {}
    for tenant in (acme, globex):
        with tenant_context(tenant):
            row = make_periodic_task(crontab="0 * * * *")
        reindex_at(tenant.schema_name, NOON - 3 * DAY)
        others[tenant.pk] = row.pk
    for hour in (0, 3, 4):
        make_firing(acme, NOON + hour * HOUR, periodic_task_id=others[acme.pk], state="settled")
    make_firing(globex, NOON + 2 * HOUR, periodic_task_id=999, state="settled")
    stretches = [
        missed(tenant, periodic_task_id=others[tenant.pk], first_at=NOON, hours=8)
        for tenant in (acme, globex)
    ]

    write_firings(stretches)

    said = Firing.objects.filter(verdict="missed").order_by("tenant__slug", "slot_at")
    assert list(said.values_list("tenant__slug", "slot_at", "last_slot_at", "slots")) == [
        ("acme", NOON + 1 * HOUR, NOON + 2 * HOUR, 2),
        ("acme", NOON + 5 * HOUR, NOON + 7 * HOUR, 3),
        ("globex", NOON, NOON + 7 * HOUR, 8),
    ]
    assert all(
        firing.pk == Firing.id_of(firing.tenant_id, firing.periodic_task_id, firing.slot_at)
        for firing in said
    )


def missed(tenant, periodic_task_id, first_at, hours):
    slot = DueSlot(tenant=tenant, periodic_task_id=periodic_task_id, task="orders.close")
    stretch = Stretch(first_at, first_at + (hours - 1) * HOUR, hours)
    return verdict(slot, stretch, "missed", NOON + DAY)
