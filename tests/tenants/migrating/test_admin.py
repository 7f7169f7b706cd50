"""Staff see whose migration failed, and why."""

import pytest

from tenants.models import MigrationFailure
from tests.conftest import NOON
from tests.people import STAFF, logged_in, make_staff

REASON = "ProgrammingError: column x is missing"
TENANTS = "/admin/tenants/tenant/"


@pytest.fixture
def staff(acme, globex):
    MigrationFailure.objects.create(tenant=acme, reason=REASON, failed_at=NOON)
    make_staff()
    return logged_in("platform", STAFF)


def test_the_list_gives_the_reason_and_can_be_narrowed_to_those_that_failed(staff):
    page = staff.get(TENANTS)
    assert page.content.decode().count(REASON) == 1

    failed = staff.get(f"{TENANTS}?migration=failed")

    assert [tenant.slug for tenant in failed.context["cl"].result_list] == ["acme"]


def test_a_tenants_own_page_gives_the_reason(staff, acme, globex):
    assert REASON in staff.get(f"{TENANTS}{acme.pk}/change/").content.decode()
    assert REASON not in staff.get(f"{TENANTS}{globex.pk}/change/").content.decode()
