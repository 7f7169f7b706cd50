"""Two people decide about one run at the same time, on connections of their own: one of them does."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django_tenants.utils import tenant_context

from orders.models import Order
from scheduling.agenda.clock import database_now
from scheduling.agenda.models import Firing
from scheduling.approving import approve, dismiss
from scheduling.models import Hold, Run
from tests.conftest import NOON, tenant
from tests.scheduling.builders import make_firing, make_periodic_task
from tests.scheduling.holdings import DAY, run_of

ROUNDS = 5


@pytest.fixture
def acme(django_db_setup, django_db_blocker):
    """Acme outside any transaction, left as it was found."""
    with django_db_blocker.unblock():
        acme = tenant(slug="acme")
        with tenant_context(acme):
            row = make_periodic_task(name="at once")
        yield acme, row.pk
        Firing.objects.filter(tenant=acme).delete()
        with tenant_context(acme):
            for model in (Hold, Run, Order):
                model.objects.all().delete()
            row.delete()
        connection.close()


def hold(acme, schedule, number):
    """Write a held run and its firing, as a worker does."""
    firing = make_firing(
        acme, NOON + number * DAY, schedule, released=False, publish_at=database_now() + DAY
    )
    with tenant_context(acme):
        run = Run.objects.create(
            periodic_task_id=schedule,
            slot_at=firing.slot_at,
            task=firing.task,
            state="held",
            trigger="schedule",
            parameters={"days": 30},
        )
        Hold.objects.create(
            run_id=run.pk,
            periodic_task_id=schedule,
            number=1,
            most=0,
            expires_at=database_now() + DAY,
        )
    return firing, run


def decide(acme, barrier, step):
    """Decide in a session of this thread's own; return what came of it."""
    try:
        with tenant_context(acme):
            barrier.wait(10)
            step()
    except ValidationError as error:
        return " ".join(error.messages)
    finally:
        connection.close()
    return "done"


def test_of_two_at_once_one_decides_and_the_other_is_told_who_did(acme):
    acme, schedule = acme
    for number in range(ROUNDS):
        firing, run = hold(acme, schedule, number)
        barrier = Barrier(2)
        steps = [
            lambda run=run: approve(run.pk, "ann@acme.test", 0),
            lambda run=run: dismiss(run.pk, "bob@acme.test"),
        ]
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda step: decide(acme, barrier, step), steps))  # noqa: B023

        approved, dismissed = answers
        assert sorted(answers)[1] == "done"
        by, state = ("ann", "running") if approved == "done" else ("bob", "skipped")
        assert f"already, by {by}@acme.test" in (dismissed if by == "ann" else approved)
        assert run_of(firing).state == state
        firing.refresh_from_db()
        assert firing.released is True
