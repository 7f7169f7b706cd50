"""Closing the books of what was lived: whether each slot has one state and one effect."""

from collections import Counter
from typing import NamedTuple

from django_tenants.utils import tenant_context

from orders.models import Order
from scheduling.agenda.models import Firing
from scheduling.models import Run

FINAL = {"succeeded", "failed", "skipped", "missed", "paused", "suspended", "cancelled"}


class Record(NamedTuple):
    """What the product says of one slot, or of a stretch of them."""

    schedule: int
    first_at: object
    last_at: object
    slots: int


def check_effects(lives):
    """No step was taken twice, and none in a slot of a pause or a suspension."""
    assert all(times == 1 for times in steps_taken(lives).values())


def check_ledger(lives):
    firings = Firing.objects.filter(tenant=lives.tenant).exclude(trigger="manual")
    check_records(lives, [record_of(firing) for firing in firings])


def check_end(lives):
    """Every slot that there was has one state, and the runs' states tell what they did."""
    with tenant_context(lives.tenant):
        runs = list(Run.objects.all())
    check_records(lives, [record_of(run) for run in runs], is_over=True)
    steps = steps_taken(lives)
    for run in runs:
        assert run.state in FINAL
        taken = {step for pk, step in steps if pk == run.pk}
        assert (taken in ({"only"}, {"first", "second"})) == (run.state == "succeeded"), run.state
        named = lives.history.slots(run.periodic_task_id, lives.latest)
        is_right = not taken or named.get(run.slot_at, "active") == "active"
        assert is_right or is_in_a_turn(lives, run.slot_at)


def check_records(lives, records, is_over=False):
    """Each slot has one record at most, and in the end one; a record is of slots that there were."""
    for schedule in {record.schedule for record in records} | set(lives.history.phases):
        named = lives.history.slots(schedule, lives.latest)
        covered: Counter = Counter()
        for record in [record for record in records if record.schedule == schedule]:
            within = [slot for slot in named if record.first_at <= slot <= record.last_at]
            covered.update(within)
            assert len(within) == record.slots or was_lived_twice(lives, record), record
        for slot in named:
            least = 1 if is_over else 0
            is_right = least <= covered[slot] <= 1
            assert is_right or is_in_a_turn(lives, slot), (slot, covered[slot])


def is_in_a_turn(lives, slot):
    """Whether the clock passed this instant twice: it may then be of two versions, or of none."""
    return any(back_at < slot <= latest for back_at, latest in lives.turns)


def was_lived_twice(lives, record):
    return any(back_at < record.last_at and record.first_at <= end for back_at, end in lives.turns)


def record_of(row):
    last_at = row.last_slot_at or row.slot_at
    return Record(row.periodic_task_id, row.slot_at, last_at, row.slots)


def steps_taken(lives):
    """Return how often each step of each run left its trace."""
    with tenant_context(lives.tenant):
        numbers = list(Order.objects.values_list("number", flat=True))
    return Counter((int(run), step) for run, step, _ in (number.split("/") for number in numbers))
