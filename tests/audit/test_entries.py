"""What is written down, and whom it names."""

import pytest
from django.core.management import call_command
from django_tenants.utils import schema_context, tenant_context

from orders.models import Order
from scheduling.models import Schedule
from tenants import lifecycle, provisioning
from tenants.accounts.models import SecurityPolicy, User
from tenants.audit.authors import program
from tenants.audit.models import Entry
from tenants.models import Tenant
from tests.orders.builders import make_order
from tests.people import do, logged_in, make_staff, make_user, owner_of
from tests.scheduling.schedule_pages import add, change, seeded, written

PERSON = {"email": "ann@acme.test", "role": "viewer", "language": "en", "is_active": "on"}


def entries(tenant, **lookup):
    with tenant_context(tenant):
        return list(Entry.objects.filter(**lookup).order_by("pk"))


def last(tenant, **lookup):
    return entries(tenant, **lookup)[-1]


def test_a_change_on_a_page_names_who_from_where_and_what_was_before(acme):
    client = owner_of("acme")
    client.defaults["REMOTE_ADDR"] = "192.0.2.7"

    client.post("/admin/accounts/user/add/", PERSON)

    entry = last(acme)
    assert (entry.actor, entry.address) == ("owner@acme.test", "192.0.2.7")
    assert (entry.via, entry.action) == ("page tenant:accounts_user_add", "create")
    assert (entry.model, entry.object_repr) == ("accounts.user", "ann@acme.test")
    assert entry.changes["role"] == [None, "viewer"]


def test_an_order_changed_by_hand_is_told_with_both_values(acme):
    with tenant_context(acme):
        order = make_order(customer="Smith")
        order.customer = "Jones"
        order.save(update_fields=["customer"])

    assert last(acme).changes == {"customer": ["Smith", "Jones"]}


def test_what_is_asked_of_everybodys_log_in_is_told(acme):
    with tenant_context(acme):
        policy = SecurityPolicy.current()
        policy.second_factor_required = True
        policy.save()
        policy.second_factor_required = False
        policy.save()

    assert last(acme).changes == {"second_factor_required": [True, False]}


def test_saving_what_is_stored_already_is_no_change(acme):
    with tenant_context(acme):
        make_order()
        before = Entry.objects.count()
        Order.objects.get().save()

        assert Entry.objects.count() == before


def test_a_password_is_never_in_the_log_but_its_change_is(acme):
    with tenant_context(acme):
        user = User.objects.get()
        user.set_password("another one, longer")
        user.save()

    assert last(acme).changes == {"password": ["•••", "•••"]}


def test_a_reset_of_a_second_factor_names_who_did_it(acme):
    ann = make_user(acme, "ann@acme.test")

    do(owner_of("acme"), "accounts/user", "reset_factor", [ann.pk])

    entry = last(acme, object_repr="ann@acme.test")
    assert (entry.actor, entry.changes) == ("owner@acme.test", {"factors_version": [0, 1]})


def test_what_is_asked_of_all_at_the_log_in_is_told(acme):
    with tenant_context(acme):
        SecurityPolicy(pk=1, second_factor_required=True).save()

    assert last(acme, model="accounts.securitypolicy").changes["second_factor_required"][1]


def test_logging_in_is_no_change(acme):
    before = entries(acme)

    owner_of("acme")

    assert entries(acme) == before


def test_who_was_deleted_is_still_named_by_what_they_did(acme):
    ann = make_user(acme, "ann@acme.test", "owner")
    logged_in("acme", "ann@acme.test").post(
        "/admin/accounts/user/add/", PERSON | {"email": "bob@acme.test"}
    )

    owner_of("acme").post(f"/admin/accounts/user/{ann.pk}/delete/", {"post": "yes"})

    assert last(acme, object_repr="bob@acme.test").actor == "ann@acme.test"
    assert last(acme).action == "delete"
    with tenant_context(acme):
        assert not User.objects.filter(pk=ann.pk).exists()


def test_the_log_of_one_tenant_is_not_that_of_another(acme, globex):
    before = entries(globex), entries(Tenant.objects.get(schema_name="public"))

    owner_of("acme").post("/admin/accounts/user/add/", PERSON)

    assert (entries(globex), entries(Tenant.objects.get(schema_name="public"))) == before


# Schedules -----------------------------------------------------------------------------------
def test_a_schedules_change_is_told_as_a_crontab_and_not_as_a_number(acme):
    row = seeded(acme)

    change(owner_of("acme"), row)

    entry = last(acme, model="scheduling.schedule")
    assert entry.actor == "owner@acme.test"
    assert entry.changes["crontab"] == ["0 0 * * *", "30 6 * * 1"]
    assert entry.changes["kwargs"] == ["{}", '{"days": 45}']


def test_making_pausing_and_deleting_schedules_are_told(acme):
    client, kind = owner_of("acme"), {"model": "scheduling.schedule", "object_repr": "Every Monday"}
    add(client)
    with tenant_context(acme):
        (row,) = Schedule.objects.filter(name="Every Monday")

    do(client, "scheduling/schedule", "pause", [row.pk])
    do(client, "scheduling/schedule", "delete_selected", [row.pk], post="yes")

    told = entries(acme, **kind)
    assert [entry.action for entry in told] == ["create", "update", "delete"]
    assert told[1].changes == {"enabled": [True, False]}
    assert told[2].changes["crontab"] == ["30 6 * * 1", None]


def test_deleting_one_schedule_on_its_own_page_is_told_too(acme):
    row = seeded(acme)

    owner_of("acme").post(f"/admin/scheduling/schedule/{row.pk}/delete/", {"post": "yes"})

    assert last(acme).action == "delete"
    assert last(acme).object_repr == "Close old orders"


def test_putting_right_a_row_that_no_model_can_hold_is_told(acme):
    row = written(acme, name="odd", timezone="Mars/Olympus")

    change(owner_of("acme"), row)

    assert last(acme).changes["zone"] == ["Mars/Olympus", "Europe/Berlin"]


# The platform ----------------------------------------------------------------------------------
def platform_log(**lookup):
    return list(Entry.objects.filter(**lookup).order_by("pk"))


def test_suspending_on_a_page_names_the_staff(acme):
    make_staff()
    client = logged_in("platform", "staff@platform.test")

    do(client, "tenants/tenant", "suspend", [acme.pk], reason="unpaid")

    entry = platform_log(model="tenants.tenant")[-1]
    assert (entry.actor, entry.address, entry.object_repr) == (
        "staff@platform.test",
        "127.0.0.1",
        "acme",
    )
    assert entry.changes == {"state": ["active", "suspended"], "state_reason": ["", "unpaid"]}


def test_suspending_and_resuming_by_command_name_the_command(acme):
    call_command("suspend_tenant", "acme", reason="unpaid")
    call_command("resume_tenant", "acme")

    told = platform_log(model="tenants.tenant", object_repr="acme")[-2:]
    assert [entry.via for entry in told] == ["command suspend_tenant", "command resume_tenant"]
    assert [entry.actor for entry in told] == ["", ""]


def test_a_command_in_a_tenants_schema_is_told_there(acme):
    call_command("set_cadence", "acme", "5 5 * * *")

    assert last(acme).via == "command set_cadence"
    assert last(acme).changes["crontab"] == ["0 0 * * *", "5 5 * * *"]


def test_provisioning_is_told_on_both_sides(db):
    made = provisioning.provision(provisioning.Order(slug="told", name="Told"))

    (created,) = platform_log(model="tenants.tenant", object_repr="told")
    assert (created.action, created.changes["state"]) == ("create", [None, "active"])
    assert platform_log(model="tenants.domain", object_repr="told.localhost")
    assert last(made.tenant, model="accounts.user").changes["login_name"] == [None, "owner"]


def test_a_provisioning_that_was_asked_for_before_is_told_step_by_step(db):
    tenant = provisioning.register(provisioning.Order(slug="told", name="Told"))

    provisioning.build_registered(tenant.pk)

    entries = platform_log(model="tenants.tenant", object_repr="told")
    assert entries[0].changes["state"] == [None, "provisioning"]
    assert entries[-1].changes["state"] == ["provisioning", "active"]


def test_a_provisioning_that_fails_is_told(db, settings):
    settings.TENANT_PROVISIONING_STEPS = ["builtins.divmod"]
    tenant = provisioning.register(provisioning.Order(slug="told", name="Told"))

    provisioning.build_registered(tenant.pk)

    assert platform_log(object_repr="told")[-1].changes["state"] == ["provisioning", "failed"]


@pytest.mark.parametrize(
    ("argv", "name"),
    [
        (["manage.py", "import_orders", "acme"], "command import_orders"),
        (["/srv/manage.py"], "program manage.py"),
        (["/usr/bin/gunicorn", "saas.wsgi"], "program gunicorn"),
    ],
)
def test_what_names_itself_nowhere_is_known_by_its_command_line(argv, name):
    assert program(argv) == name


def test_a_domains_tenant_is_told_by_its_slug(acme):
    with schema_context("public"):
        provisioning.add_domain(acme, "orders.acme.test", primary=False)

    assert platform_log()[-1].changes["tenant"] == [None, "acme"]


def test_a_repeated_suspension_is_told_once(acme):
    lifecycle.suspend("acme")
    lifecycle.suspend("acme")

    told = platform_log(model="tenants.tenant", object_repr="acme", changes__has_key="state")
    assert [entry.changes["state"][1] for entry in told][-1:] == ["suspended"]
    assert [entry.changes["state"] for entry in told].count(["active", "suspended"]) == 1
