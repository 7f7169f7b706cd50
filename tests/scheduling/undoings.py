"""Runs that closed orders, to be undone."""

from datetime import timedelta

from django_tenants.utils import tenant_context

from orders.closing import close_old_orders
from orders.models import Order
from scheduling.agenda.clock import database_now
from scheduling.models import Run
from tests.conftest import NOON
from tests.orders.builders import make_order
from tests.scheduling.builders import CLOSING

DAY = timedelta(days=1)


def make_run(days_ago=0, **fields):
    """Store a run of the current schema that has ended so many days ago."""
    end = database_now() - days_ago * DAY
    given = {"periodic_task_id": 1, "name": "Close old orders", "task": CLOSING, "slot_at": end}
    given |= {"state": "succeeded", "trigger": "schedule", "started_at": end, "finished_at": end}
    return Run.objects.create(**given | fields)


def run_that_closed(tenant, count, days_ago=0, **fields):
    """Make orders and have a run close them; return the run."""
    with tenant_context(tenant):
        run = make_run(days_ago, **fields)
        for number in range(count):
            make_order(f"R{run.pk}-{number}")
        run.closed = run.examined = sum(step.closed for step in close_old_orders(NOON, run.pk))
        run.save()
        return run


def statuses(tenant):
    with tenant_context(tenant):
        return sorted(Order.objects.values_list("status", flat=True))
