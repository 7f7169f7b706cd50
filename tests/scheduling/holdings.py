"""Runs that close many orders, and are held for it."""

from datetime import timedelta

from django_tenants.utils import tenant_context

from orders.models import Order
from orders.tasks import auto_close_old_orders
from scheduling.agenda.models import Firing
from scheduling.models import Brake, Hold, Run
from tests.conftest import NOON
from tests.scheduling.delivery import deliver, plan

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def make_orders(tenant, count, placed_at=NOON - 31 * DAY):
    with tenant_context(tenant):
        first = Order.objects.count()
        Order.objects.bulk_create(
            Order(
                number=f"H{first + number}",
                placed_at=placed_at,
                total=1,
                currency="EUR",
                status="open",
                status_changed_at=placed_at,
            )
            for number in range(count)
        )


def ran_before(tenant, periodic_task_id, *closed):
    """Store earlier runs of a schedule that closed so many orders each, the latest last."""
    with tenant_context(tenant):
        for ago, number in enumerate(reversed(closed), start=1):
            Run.objects.create(
                periodic_task_id=periodic_task_id,
                slot_at=NOON - ago * HOUR,
                trigger="schedule",
                state="succeeded",
                examined=number,
                closed=number,
            )


def plan_closing(tenant, *before, **fields):
    """Return a firing of the closing task at NOON, of a schedule whose runs closed so many before."""
    firing = plan(tenant, auto_close_old_orders, **fields)
    ran_before(tenant, firing.periodic_task_id, *before)
    return firing


def held(tenant, orders=101, before=(10,) * 5):
    """Return the firing of a run that is held, told of, since it would close so many orders."""
    firing = plan_closing(tenant, *before)
    make_orders(tenant, orders)
    run(firing)
    return firing


def run(firing):
    """Have a worker get the firing's message; return its run, or None."""
    deliver(auto_close_old_orders, firing)
    firing.refresh_from_db()
    return run_of(firing)


def come_back(firing):
    """Have the message of a held firing go out now, whenever it was to."""
    Firing.objects.filter(pk=firing.pk).update(publish_at=NOON, state="published", waits=False)
    return run(firing)


def run_of(firing):
    with tenant_context(firing.tenant):
        slot = {"periodic_task_id": firing.periodic_task_id, "slot_at": firing.slot_at}
        return Run.objects.filter(**slot).first()


def hold_of(firing):
    with tenant_context(firing.tenant):
        return Hold.objects.filter(pk=run_of(firing).pk).first()


def choose_brake(firing, rule, most=None):
    with tenant_context(firing.tenant):
        Brake.of(firing.periodic_task_id).choose(rule, most)


def closed_in(tenant):
    with tenant_context(tenant):
        return Order.objects.filter(status="closed").count()


def let_expire(firing):
    with tenant_context(firing.tenant):
        Hold.objects.update(expires_at=NOON)
