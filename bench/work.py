"""What tenants do all day: pages of their admin, and runs of their closing task."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.test import Client
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import tenant_context

from orders.models import Order
from orders.tasks import auto_close_old_orders
from scheduling.agenda.clock import database_now
from scheduling.agenda.ledger import begin, settle, wanted
from scheduling.agenda.models import Firing
from scheduling.running import perform
from tenants import provisioning
from tenants.models import Tenant
from tenants.schema import enter_public_schema

PASSWORD = "correct horse battery"  # noqa: S105 - of a database that lives for minutes
TENANTS = 12
ORDERS = 20
OLD = datetime(2020, 1, 1, tzinfo=UTC)


def make_tenants() -> list[Tenant]:
    """Return a dozen tenants; another benchmark may have made them before."""
    there = list(Tenant.objects.filter(slug__regex="^bench-[0-9]+$").order_by("pk"))
    if there:
        return there
    orders = [
        provisioning.Order(slug=f"bench-{n}", name="Bench", owner_email=f"owner@bench-{n}.test")
        for n in range(TENANTS)
    ]
    return [provisioning.provision(order, PASSWORD).tenant for order in orders]


class Pages:
    """The list of orders, of one tenant after the other, for owners who are logged in."""

    name, login = "pages", "web"

    def __init__(self, tenants: list[Tenant]) -> None:
        self.clients = [logged_in(tenant) for tenant in tenants]
        self.size = len(self.clients)

    def prepare(self) -> None:
        """Pages change nothing."""

    def __call__(self) -> None:
        for client in self.clients:
            page = client.get("/admin/orders/order/")
            assert page.status_code == 200, page.status_code  # noqa: S101


class Runs:
    """Closing runs, one tenant after the other: 20 old orders each, from the ledger to settling."""

    name, login = "runs", "worker"

    def __init__(self, tenants: list[Tenant]) -> None:
        self.tenants = tenants
        self.size = len(tenants)
        self.slots = 0
        self.firings: list[Firing] = []

    def prepare(self) -> None:
        self.slots += 1
        enter_public_schema()
        self.firings = [self.planned(tenant) for tenant in self.tenants]

    def planned(self, tenant: Tenant) -> Firing:
        with tenant_context(tenant):
            make_old_orders()
            periodic_task = PeriodicTask.objects.get(task=auto_close_old_orders.name)
        slot_at = database_now().replace(microsecond=0) + timedelta(microseconds=self.slots)
        return Firing.objects.create(
            id=Firing.id_of(tenant.pk, periodic_task.pk, slot_at),
            tenant=tenant,
            periodic_task_id=periodic_task.pk,
            task=periodic_task.task,
            slot_at=slot_at,
            planned_at=slot_at,
        )

    def __call__(self) -> None:
        for firing in self.firings:
            wanted_firing = wanted(str(firing.pk), firing.task)
            assert wanted_firing  # noqa: S101
            assert begin(wanted_firing)  # noqa: S101
            with tenant_context(firing.tenant):
                outcome = perform(wanted_firing, auto_close_old_orders)
            assert outcome  # noqa: S101
            assert outcome.state == "succeeded", outcome  # noqa: S101
            settle(wanted_firing, outcome)


def logged_in(tenant: Tenant) -> Client:
    client = Client(headers={"host": tenant.default_domain})
    login = {"username": tenant.owner_email, "password": PASSWORD}
    client.post("/admin/login/?next=/admin/", login)
    return client


def make_old_orders() -> None:
    Order.objects.all().delete()
    Order.objects.bulk_create(
        Order(number=f"B{n}", placed_at=OLD, total=1, currency="EUR", status_changed_at=OLD)
        for n in range(ORDERS)
    )
