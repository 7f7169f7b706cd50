"""A tenant's runs in its own admin."""

from datetime import timedelta

import pytest
from django_tenants.utils import tenant_context

from scheduling.models import Run
from tests.conftest import NOON
from tests.people import owner_of


@pytest.fixture
def owner(acme):
    return owner_of("acme")


def test_runs_are_listed_newest_first_and_filtered(acme, globex, owner):
    with tenant_context(acme):
        for hours, state in ((0, "failed"), (1, "succeeded"), (2, "succeeded")):
            slot = NOON + timedelta(hours=hours)
            Run.objects.create(periodic_task_id=1, slot_at=slot, state=state, trigger="schedule")

    def states(query=""):
        page = owner.get(f"/admin/scheduling/run/{query}")
        return [run.state for run in page.context["cl"].result_list]

    assert states() == ["succeeded", "succeeded", "failed"]
    assert states("?state__exact=failed") == ["failed"]
    assert states("?trigger__exact=manual") == []
    assert owner_of("globex").get("/admin/scheduling/run/").context["cl"].result_count == 0


def test_runs_cannot_be_written_not_even_by_the_owner(acme, owner):
    with tenant_context(acme):
        run = Run.objects.create(periodic_task_id=1, slot_at=NOON, trigger="schedule")

    page = f"/admin/scheduling/run/{run.pk}"
    assert owner.get(f"{page}/change/").status_code == 200
    assert owner.post(f"{page}/change/", {"state": "succeeded"}).status_code == 403
    assert owner.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    assert owner.get("/admin/scheduling/run/add/").status_code == 403
