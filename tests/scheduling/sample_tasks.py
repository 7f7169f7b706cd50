"""Tasks of a developer of the SaaS, offered as any other: they write orders so that effects show."""

from types import SimpleNamespace
from uuid import uuid4

from celery import shared_task
from django import forms
from django.db import connection
from django.utils import timezone

from orders.models import Order


class SizeParameters(forms.Form):
    size = forms.IntegerField(min_value=1, max_value=9, initial=3)
    colour = forms.CharField(initial="red")


def place_order(number):
    Order.objects.create(
        number=number, placed_at=timezone.now(), status_changed_at=timezone.now(), total=1
    )
    return SimpleNamespace(examined=1, closed=1)


@shared_task(name="sample.single", schedulable=True, parameters=SizeParameters)
def single(slot, run_id, size, colour):
    """One step: places one order, named for all it was given."""
    return place_order(f"{slot:%H:%M} {run_id} {size}")


@shared_task(name="sample.counting", schedulable=True)
def counting():
    """One step, whose repetition would show: places one order more each time."""
    return place_order(str(Order.objects.count() + 1))


@shared_task(name="sample.batches", schedulable=True)
def batches():
    """Three steps; stops dead in the third while an order called `obstacle` is there."""
    for number in ("first", "second", "third"):
        if Order.objects.filter(number=number).exists():
            continue
        if number == "third" and Order.objects.filter(number="obstacle").exists():
            raise SystemExit("killed")
        yield place_order(number)


@shared_task(name="sample.sparing", schedulable=True)
def sparing():
    """Spares the day, after one step if an order called `busy` is there."""
    if Order.objects.filter(number="busy").exists():
        yield place_order("first")
    yield SimpleNamespace(is_last=True, skipped="Nobody works today.")


#: What somebody does while `interrupted` is at its first step: a statement.
interruption = "SELECT"


@shared_task(name="sample.interrupted", schedulable=True)
def interrupted():
    """Two steps, in the first of which something happens."""
    with connection.cursor() as cursor:
        cursor.execute(interruption)
    yield place_order("first")
    yield place_order("second")


@shared_task(name="sample.failing", schedulable=True)
def failing():
    """Places an order and then fails, so that nothing of it may remain."""
    place_order("half done")
    raise ValueError("no such warehouse")


@shared_task(name="sample.placing", schedulable=True)
def placing():
    """Places one order, and fails while there is one of this number."""
    return place_order("the one")


@shared_task(name="sample.stumbling", schedulable=True)
def stumbling():
    """Two steps, of which the second fails unless an order called `help` is there."""
    if not Order.objects.filter(number="first").exists():
        yield place_order("first")
    if not Order.objects.filter(number="help").exists():
        raise ValueError("nobody helped")
    yield place_order("second")


@shared_task(name="sample.private")
def private():
    """Not offered to tenants."""
    place_order("private")


@shared_task(name="sample.housekeeping", platform=True, default_cadence="0 4 * * *", label="Tidy")
def housekeeping():
    """The platform's own."""


@shared_task(name="sample.falling", platform=True)
def falling():
    """The platform's own, and it always fails."""
    raise ValueError("no such cellar")


class BrokenParameters(forms.Form):
    def clean(self):
        raise RuntimeError("nobody foresaw this")


@shared_task(name="sample.broken", schedulable=True, parameters=BrokenParameters)
def broken():
    """Its form raises what no form should."""


#: What the next steps of the tasks below die or fail of, one each.
faults: list[BaseException] = []


def leave_trace(run_id, step):
    """Place an order that tells of one step; then meet the next fault, if any is laid out."""
    done = place_order(f"{run_id}/{step}/{uuid4().hex[:8]}")
    if faults:
        raise faults.pop()
    return done


class TracingBrake:
    """A brake of tasks that are done with what their first step does, as far as it knows."""

    def exceeds(self, parameters, at, limit):
        return limit < 1

    def count(self, parameters, at):
        return 1


@shared_task(name="sample.tracing", schedulable=True, brake=TracingBrake())
def tracing(run_id):
    """One step. It does not look whether it was done before: that is not its affair."""
    return leave_trace(run_id, "only")


@shared_task(name="sample.tracing_steps", schedulable=True, brake=TracingBrake())
def tracing_steps(run_id):
    """Two steps, of which it skips what is done, as long work must."""
    for step in ("first", "second"):
        if not Order.objects.filter(number__startswith=f"{run_id}/{step}/").exists():
            yield leave_trace(run_id, step)
