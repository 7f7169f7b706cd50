"""Many who ask for a run of one schedule in the same moment, on connections of their own."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django_tenants.utils import schema_context, tenant_context

from scheduling.agenda.models import Firing
from scheduling.by_hand import run_now
from scheduling.models import RunRequest, Schedule
from tenants.audit.models import Entry
from tenants.postgresql.base import owner_rights
from tests.conftest import tenant

TOGETHER, DEADLINE = 8, 20  # seconds


@pytest.fixture
def schedule_id(django_db_setup, django_db_blocker):
    """The seeded schedule of acme, outside any transaction."""
    with django_db_blocker.unblock():
        with tenant_context(tenant(slug="acme")):
            schedule_id = Schedule.objects.get(name="Close old orders").pk
        yield schedule_id
        with tenant_context(tenant(slug="acme")):
            RunRequest.objects.all().delete()
        with owner_rights(), schema_context(tenant(slug="acme").schema_name):
            Entry.objects.filter(object_repr__startswith="run of").delete()
        Firing.objects.filter(trigger="manual").delete()


def test_one_of_many_has_the_run_and_the_others_are_told_whose_it_is(schedule_id):
    together = threading.Barrier(TOGETHER)
    answers: list[str] = []

    def ask(number):
        try:
            with tenant_context(tenant(slug="acme")):
                together.wait(DEADLINE)
                run_now(schedule_id, by=f"person {number}")
                answers.append(f"person {number}")
        except ValidationError as error:
            answers.append(" ".join(error.messages))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(TOGETHER)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)

    assert Firing.objects.filter(trigger="manual").count() == 1
    (first,) = [answer for answer in answers if answer.startswith("person")]
    told = [answer for answer in answers if f"asked for by {first} is under way" in answer]
    assert len(told) == len(answers) - 1 == TOGETHER - 1
