"""Messages as a worker gets them, and what came of them."""

import pytest
from celery.exceptions import Reject
from django_tenants.utils import schema_context, tenant_context

from orders.models import Order
from scheduling.agenda.models import Firing
from scheduling.agenda.signature import HEADER, sign
from scheduling.models import Policy, Run
from tests.conftest import NOON
from tests.scheduling.builders import make_firing, make_periodic_task


def plan(tenant, task, **fields):
    """Store a periodic task of the tenant and a firing of it."""
    with tenant_context(tenant):
        row = make_periodic_task(task=task.name, **fields)
    return make_firing(tenant, NOON, row.pk, task=task.name)


def deliver(task, firing, schema_name=None, signature=None):
    """Call the task as a worker does once tenant-schemas-celery has switched the schema."""
    message_id = str(firing.pk if isinstance(firing, Firing) else firing)
    headers = {HEADER: signature or sign(task.name, message_id)}
    task.push_request(id=message_id, args=[], kwargs={}, **headers)
    try:
        with schema_context(schema_name or firing.tenant.schema_name):
            task()
    finally:
        task.pop_request()


def choose(tenant, firing, **policies):
    """Have the tenant choose policies for the schedule of a firing."""
    with tenant_context(tenant):
        Policy.objects.create(periodic_task_id=firing.periodic_task_id, **policies)


def let_lease_run_out(firing):
    """As when the worker that had begun a firing has died, some time ago."""
    Firing.objects.filter(pk=firing.pk).update(leased_until=NOON)


def orders_of(tenant):
    with tenant_context(tenant):
        return set(Order.objects.values_list("number", flat=True))


def runs_of(tenant):
    with tenant_context(tenant):
        return list(Run.objects.all())


def refused(task, firing, acme, schema_name=None):
    with pytest.raises(Reject) as rejection:
        deliver(task, firing, schema_name or acme.schema_name)
    assert rejection.value.requeue is False
    return str(rejection.value.reason)
