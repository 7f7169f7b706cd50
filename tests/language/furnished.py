"""A tenant with something on each of its pages."""

from datetime import timedelta

from django_celery_beat.models import PeriodicTask
from django_tenants.utils import tenant_context

from orders.models import OrderFile
from orders.order_line import NO_NUMBER
from orders.reports import make_report
from scheduling.agenda.clock import database_now
from scheduling.stopping import STOPPED
from tenants.accounts.models import User
from tenants.audit.models import Entry
from tests.conftest import NOON
from tests.orders.builders import make_order
from tests.scheduling.builders import make_periodic_task
from tests.scheduling.undoings import make_run, run_that_closed


def furnish(tenant):
    """Store a row of each kind; return their keys as tests.pages names them."""
    run = run_that_closed(tenant, 3)
    with tenant_context(tenant):
        now = database_now()
        failed = make_run(1, state="failed", error="ZeroDivisionError: division by zero")
        make_run(2, state="cancelled", error=STOPPED(by="owner@acme.test"))
        file = OrderFile.objects.create(
            name="orders.csv",
            sender="owner@acme.test",
            imported=1,
            updated=0,
            rejected=1,
            rejections=[[3, f"number: {NO_NUMBER}"]],
        )
        return {
            "order": make_order("A1", placed_at=NOON - timedelta(days=200)).pk,
            "file": file.pk,
            "report": make_report(now).pk,
            "schedule": PeriodicTask.objects.get().pk,
            "broken_schedule": make_periodic_task("Broken", crontab="0 0 31 2 *").pk,
            "run": run.pk,
            "failed_run": failed.pk,
            "retention": 1,
            "branding": 1,
            "user": User.objects.get().pk,
            "entry": Entry.objects.latest("pk").pk,
        }
