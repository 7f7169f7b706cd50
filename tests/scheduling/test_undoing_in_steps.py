"""An undo by a page commits step by step, as a session of its own sees."""

from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connections
from django_tenants.utils import tenant_context

from orders import undoing
from orders.models import LaterChange, Order
from scheduling.models import Run, Undo
from tenants.accounts.models import LoginEvent, Session
from tenants.audit.models import Entry
from tenants.models import Tenant
from tenants.postgresql.base import owner_rights
from tests.people import owner_of, told
from tests.scheduling.undoings import run_that_closed

BATCH = 2


@pytest.fixture
def acme(django_db_setup, django_db_blocker):
    """Acme outside any transaction, and without what was left in it."""
    logs: Any = (Entry, LoginEvent)
    with django_db_blocker.unblock():
        tenant = Tenant.objects.get(slug="acme")
        with tenant_context(tenant):
            before = [set(log.objects.values_list("pk", flat=True)) for log in logs]
        yield tenant
        with owner_rights(), tenant_context(tenant):
            for model in (Order, LaterChange, Run, Undo, Session):
                model.objects.all().delete()
            for log, keys in zip(logs, before, strict=True):
                log.objects.exclude(pk__in=keys).delete()


def test_what_a_page_had_done_when_it_broke_down_stays_and_is_counted(acme, monkeypatch):
    run = run_that_closed(acme, 2 * BATCH)
    whole = undoing.ClosingUndo.take_back

    def broken(self, run_id):
        steps = whole(self, run_id, batch=BATCH)
        yield next(steps)
        raise RuntimeError("the process dies")

    monkeypatch.setattr(undoing.ClosingUndo, "take_back", broken)
    owner = owner_of("acme")
    with pytest.raises(RuntimeError):
        owner.post(f"/admin/scheduling/run/{run.pk}/undo/")

    with tenant_context(acme):
        assert Order.objects.filter(status="open", kept_open=True).count() == BATCH
        undo = Undo.objects.get()
        assert (undo.done, undo.finished_at) == (BATCH, None)

    monkeypatch.setattr(undoing.ClosingUndo, "take_back", whole)
    owner.post(f"/admin/scheduling/run/{run.pk}/undo/")

    with tenant_context(acme):
        assert Undo.objects.get().done == Order.objects.filter(status="open").count() == 2 * BATCH


def test_an_undo_is_not_over_while_somebody_is_at_an_order_of_it(acme, monkeypatch):
    monkeypatch.setattr(undoing, "PATIENCE_SECONDS", 0.1)
    run = run_that_closed(acme, 2)
    owner = owner_of("acme")

    with somebody_editing(acme, f"R{run.pk}-0"):
        answer = owner.post(f"/admin/scheduling/run/{run.pk}/undo/")

    assert "1 reopened. 1 more is being changed by somebody just now" in told(answer)
    with tenant_context(acme):
        assert Undo.objects.get().finished_at is None

    assert "2 reopened." in told(owner.post(f"/admin/scheduling/run/{run.pk}/undo/"))
    with tenant_context(acme):
        assert Undo.objects.get().finished_at is not None


@contextmanager
def somebody_editing(tenant, number):
    """Hold an order from a session of somebody else's."""
    other: Any = connections.create_connection("default")
    other.set_autocommit(False)
    with other.cursor() as cursor:
        name = f'"{tenant.schema_name}".orders_order'
        cursor.execute(f"SELECT FROM {name} WHERE number = %s FOR UPDATE", [number])
    yield
    other.rollback()
    other.close()
