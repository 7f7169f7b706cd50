"""The platform's pages about tenants and domains."""

import pytest
from django.core import mail
from kombu.exceptions import OperationalError

from scheduling.agenda.models import DueSlot
from tenants import admin, provisioning
from tenants.models import Domain, Tenant
from tests.conftest import NOON
from tests.people import (
    STAFF,
    do,
    errors_of,
    link_in,
    log_in,
    logged_in,
    make_staff,
    owner_of,
    queries_for,
    visitor,
)
from tests.scheduling.builders import make_slot

INITECH = {
    "slug": "initech",
    "name": "Initech",
    "timezone": "Asia/Kolkata",
    "currency": "INR",
    "owner_email": "bill@initech.test",
    "domain": "",
}


class Broker:
    """Stands for the platform worker's task: keeps what was sent, or is away."""

    def __init__(self):
        self.sent, self.is_away = [], False

    def apply_async(self, arguments, **_options):
        if self.is_away:
            raise OperationalError("connection refused")
        self.sent.append(arguments)


@pytest.fixture
def staff(db):
    make_staff()
    return logged_in("platform", STAFF)


@pytest.fixture
def broker(monkeypatch):
    broker = Broker()
    monkeypatch.setattr(admin, "build_tenant", broker)
    return broker


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


def add(staff, **fields):
    return staff.post("/admin/tenants/tenant/add/", INITECH | fields)


def test_a_tenant_is_registered_by_a_form_and_asked_for_on_commit(staff, broker, commit):
    with commit():
        add(staff)
        assert broker.sent == []

    tenant = Tenant.objects.get(slug="initech")
    assert tenant.state == "provisioning"
    assert tenant.timezone == "Asia/Kolkata"
    assert tenant.primary_domain == "initech.localhost"
    assert broker.sent == [(tenant.pk,)]


def test_the_owner_of_a_built_tenant_is_invited_and_gets_in(staff, broker, commit):
    add(staff, domain="Orders.Initech.test.")
    tenant = Tenant.objects.get(slug="initech")

    with commit():
        provisioning.build_registered(tenant.pk)
        provisioning.build_registered(tenant.pk)

    (message,) = mail.outbox
    path = link_in(message.body, "orders.initech.test")
    owner = visitor("orders.initech.test")
    answers = {"new_password1": "red stapler mine", "new_password2": "red stapler mine"}
    owner.post(owner.get(path)["Location"], answers)
    assert log_in(owner, "bill@initech.test", "red stapler mine").status_code == 302


def test_a_build_that_fails_invites_nobody(staff, broker, commit, monkeypatch):
    add(staff)
    monkeypatch.setattr(provisioning, "run_provisioning_steps", lambda tenant: 1 / 0)

    with commit():
        provisioning.build_registered(Tenant.objects.get(slug="initech").pk)

    assert mail.outbox == []
    assert Tenant.objects.get(slug="initech").state == "failed"


def test_a_broker_that_is_away_is_told_and_the_tenant_waits(broker, django_db_blocker):
    """Committed for real, for only then is the broker asked while the page is made."""
    broker.is_away = True
    with django_db_blocker.unblock():
        staff_row = make_staff()
        try:
            answer = logged_in("platform", STAFF).post(
                "/admin/tenants/tenant/add/", INITECH, follow=True
            )
            assert list(Tenant.objects.unfinished().values_list("slug", flat=True)) == ["initech"]
        finally:
            Tenant.objects.filter(slug="initech").delete()
            staff_row.delete()

    assert "The broker cannot be reached" in answer.content.decode()


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("slug", {"slug": "acme"}),
        ("slug", {"slug": "admin"}),
        ("slug", {"slug": "a" * 49}),
        ("slug", {"slug": "Two Words"}),
        ("slug", {"slug": "'; DROP SCHEMA public; --"}),
        ("slug", {"slug": ""}),
        ("slug", {"slug": "\u0000"}),
        ("name", {"name": ""}),
        ("domain", {"domain": "ACME.localhost."}),
        ("domain", {"domain": "not a host"}),
        ("domain", {"domain": "a" * 300}),
        ("domain", {"domain": "localhost"}),
        ("timezone", {"timezone": "Mars/Olympus"}),
        ("currency", {"currency": "euro"}),
        ("currency", {"currency": "eu1"}),
        ("owner_email", {"owner_email": ""}),
        ("owner_email", {"owner_email": "nobody"}),
    ],
)
def test_what_cannot_be_is_told_at_its_field_and_nothing_is_written(acme, staff, field, wrong):
    before = Tenant.objects.count(), Domain.objects.count()

    answer = add(staff, **wrong)

    if answer.status_code != 400:
        assert list(errors_of(answer)) == [field]
    assert (Tenant.objects.count(), Domain.objects.count()) == before


def test_a_slug_whose_host_is_anothers_is_told_at_the_slug(acme, staff):
    Domain.objects.create(tenant=acme, domain="initech.localhost", is_primary=False)

    assert list(errors_of(add(staff))) == ["slug"]


def test_state_and_schema_are_shown_and_cannot_be_posted(acme, staff):
    page = f"/admin/tenants/tenant/{acme.pk}/change/"
    posted = {"name": "New", "timezone": "UTC", "currency": "EUR"}
    poison = {"state": "archived", "schema_name": "public", "slug": "x", "owner_email": "x@x.test"}

    shown = staff.get(page).content.decode()
    staff.post(page, posted | poison)

    after = Tenant.objects.get(pk=acme.pk)
    assert acme.schema_name in shown
    assert (after.name, after.state, after.slug) == ("New", "active", "acme")
    assert (after.schema_name, after.owner_email) == (acme.schema_name, "owner@acme.test")


def test_a_tenant_is_suspended_with_a_reason_and_resumed(acme, globex, staff):
    page = do(staff, "tenants/tenant", "suspend", [acme.pk])
    assert Tenant.objects.get(slug="acme").is_active
    assert "acme" in page.content.decode()

    do(staff, "tenants/tenant", "suspend", [acme.pk], reason="unpaid")

    suspended = Tenant.objects.get(slug="acme")
    assert (suspended.state, suspended.state_reason) == ("suspended", "unpaid")
    assert "unpaid" in staff.get("/admin/tenants/tenant/").content.decode()
    assert Tenant.objects.get(slug="globex").is_active
    do(staff, "tenants/tenant", "resume", [acme.pk])
    assert owner_of("acme").get("/admin/").status_code == 200


def test_suspending_needs_a_reason(acme, staff):
    page = do(staff, "tenants/tenant", "suspend", [acme.pk], reason=" ")

    assert page.status_code == 200
    assert Tenant.objects.get(slug="acme").is_active


def test_a_tenant_that_is_neither_is_refused_and_the_others_go_on(acme, globex, staff):
    Tenant.objects.filter(slug="acme").update(state="failed")

    do(staff, "tenants/tenant", "suspend", [acme.pk, globex.pk], reason="both")

    assert Tenant.objects.get(slug="acme").state == "failed"
    assert Tenant.objects.get(slug="globex").state == "suspended"


def test_the_platforms_own_row_is_out_of_reach(platform_tenant, staff):
    do(staff, "tenants/tenant", "suspend", [platform_tenant.pk], reason="oops")

    assert staff.get(f"/admin/tenants/tenant/{platform_tenant.pk}/change/").status_code == 302
    assert Tenant.objects.get(pk=platform_tenant.pk).is_active


def test_a_tenant_cannot_be_deleted(acme, staff):
    staff.post(f"/admin/tenants/tenant/{acme.pk}/delete/", {"post": "yes"})
    do(staff, "tenants/tenant", "delete_selected", [acme.pk], post="yes")

    assert Tenant.objects.filter(pk=acme.pk).exists()


def test_the_list_counts_schedules_and_problems(acme, globex, staff):
    DueSlot.objects.all().delete()
    make_slot(acme, NOON)
    make_slot(acme, None, problem="hour: 25 is out of range")

    page = staff.get("/admin/tenants/tenant/")

    counted = {row.slug: (row.schedules, row.problems) for row in page.context["cl"].result_list}
    assert counted["acme"] == (2, 1)
    assert counted["globex"] == (0, 0)


def test_a_list_of_any_length_takes_the_same_queries(acme, staff):
    before = queries_for(staff, "/admin/tenants/tenant/")
    for number in range(20):
        Tenant.objects.create(slug=f"more-{number}", name="More", schema_name=f"t_more_{number}")

    assert queries_for(staff, "/admin/tenants/tenant/") == before
