import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import schema_context, tenant_context

from tenants import provisioning
from tenants.models import Domain, Tenant
from tenants.postgresql.base import owner_rights
from tenants.provisioning import Order, provision

PASSWORD = "correct horse battery"


def schemas():
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 't\\_%'")
        return {name for (name,) in cursor.fetchall()}


@pytest.fixture
def nothing_left():
    """Fail if the test leaves a tenant, a domain or a schema that was not there before."""

    def picture():
        return schemas(), Tenant.objects.count(), Domain.objects.count()

    before = picture()
    yield
    assert picture() == before


def test_a_provisioned_tenant_has_all_it_needs(db):
    made = provision(Order("initech", "Initech", timezone="Asia/Kolkata", currency="INR"))

    tenant = made.tenant
    assert tenant.state == "active"
    assert tenant.schema_name in schemas()
    assert tenant.primary_domain == "initech.localhost"
    with tenant_context(tenant):
        row = PeriodicTask.objects.select_related("crontab").get()
    assert row.task == "orders.tasks.auto_close_old_orders"
    assert str(row.crontab.timezone) == "Asia/Kolkata"


def test_the_owner_logs_in_with_the_e_mail_in_any_case(db):
    made = provision(Order("initech", "Initech", owner_email="Bill@Initech.test"), PASSWORD)

    with tenant_context(made.tenant):
        owner = authenticate(username="BILL@initech.test", password=PASSWORD)

    assert owner.role == "owner"
    assert made.owner == "bill@initech.test"


def test_an_owner_without_an_e_mail_logs_in_as_owner(db):
    made = provision(Order("initech", "Initech"))

    with tenant_context(made.tenant):
        assert authenticate(username="owner", password=made.password).role == "owner"


def test_an_owner_is_nobody_at_another_tenant_or_the_platform(acme, globex):
    for schema_name in (globex.schema_name, "public"):
        with schema_context(schema_name):
            assert authenticate(username="owner@acme.test", password=PASSWORD) is None


def test_a_domain_of_the_tenants_own_is_the_primary_one(db):
    made = provision(Order("initech", "Initech", domain="Orders.Initech.test."))

    domains = dict(made.tenant.domains.values_list("domain", "is_primary"))
    assert domains == {"orders.initech.test": True, "initech.localhost": False}


BAD_ORDERS = {
    "slug in use": (Order("acme", "Again"), "slug"),
    "reserved slug": (Order("www", "Web"), "slug"),
    "ill-formed slug": (Order("Not A Slug", "X"), "slug"),
    "slug too long": (Order("x" * 60, "X"), "slug"),
    "no name": (Order("initech", " "), "name"),
    "unknown time zone": (Order("initech", "X", timezone="Mars/Olympus"), "timezone"),
    "no currency": (Order("initech", "X", currency="money"), "currency"),
    "bad e-mail": (Order("initech", "X", owner_email="nobody"), "owner_email"),
    "domain in use": (Order("initech", "X", domain="ACME.localhost"), "domain"),
    "ill-formed domain": (Order("initech", "X", domain="a b"), "domain"),
}


@pytest.mark.parametrize(("order", "field"), BAD_ORDERS.values(), ids=BAD_ORDERS)
def test_an_order_that_cannot_be_met_names_its_field(acme, nothing_left, order, field):
    with pytest.raises(ValidationError) as refusal:
        provision(order)

    assert list(refusal.value.message_dict) == [field]


def test_a_provisioning_that_breaks_half_way_leaves_nothing(acme, nothing_left, settings):
    settings.TENANT_PROVISIONING_STEPS = ["tests.tenants.test_provisioning.break_down"]

    with pytest.raises(RuntimeError, match="half way"):
        provision(Order("initech", "Initech"))


def break_down(_tenant):
    raise RuntimeError("half way")


def test_a_registered_tenant_is_built_once(db):
    tenant = provisioning.register(Order("initech", "Initech", owner_email="a@initech.test"))
    assert tenant.state == "provisioning"

    provisioning.build_registered(tenant.pk)
    provisioning.build_registered(tenant.pk)

    tenant.refresh_from_db()
    assert tenant.state == "active"
    with tenant_context(tenant):
        assert get_user_model().objects.count() == PeriodicTask.objects.count() == 1


def test_a_build_that_fails_is_told_to_the_platform_and_leaves_no_schema(db, settings):
    tenant = provisioning.register(Order("initech", "Initech", owner_email="a@initech.test"))
    settings.TENANT_PROVISIONING_STEPS = ["tests.tenants.test_provisioning.break_down"]

    provisioning.build_registered(tenant.pk)

    tenant.refresh_from_db()
    assert (tenant.state, tenant.state_reason) == ("failed", "RuntimeError: half way")
    assert tenant.schema_name not in schemas()


def test_a_build_whose_worker_dies_says_so_until_another_worker_is_done(db, settings):
    tenant = provisioning.register(Order("initech", "Initech", owner_email="a@initech.test"))
    steps = settings.TENANT_PROVISIONING_STEPS
    settings.TENANT_PROVISIONING_STEPS = ["tests.tenants.test_provisioning.die"]
    for note in ("Its making began at", "The worker that made it died"):
        with pytest.raises(SystemExit):
            provisioning.build_registered(tenant.pk)
        tenant.refresh_from_db()
        assert (tenant.state, tenant.schema_name in schemas()) == ("provisioning", False)
        assert tenant.state_reason.startswith(note)
    settings.TENANT_PROVISIONING_STEPS = steps

    provisioning.build_registered(tenant.pk)

    tenant.refresh_from_db()
    assert (tenant.state, tenant.state_reason) == ("active", "")


def die(_tenant):
    raise SystemExit("killed")


@pytest.mark.parametrize("state", ["provisioning", "failed"])
def test_a_tenant_without_a_schema_does_not_keep_the_others_from_migrating(acme, state):
    tenant = provisioning.register(Order("initech", "Initech"))
    Tenant.objects.filter(pk=tenant.pk).update(state=state)

    call_command("migrate_schemas", verbosity=0)

    assert tenant.schema_name not in schemas()


def test_no_tenant_user_can_become_a_superuser(in_acme):
    user = get_user_model().objects.get()

    with pytest.raises(IntegrityError, match="no_superuser"), transaction.atomic():
        get_user_model().objects.filter(pk=user.pk).update(is_superuser=True)
    with pytest.raises(IntegrityError, match="no_superuser"), transaction.atomic():
        get_user_model().objects.filter(pk=user.pk).update(role="platform")


def test_the_platforms_staff_can(platform):
    staff = get_user_model().objects.create_superuser("staff@platform.test", PASSWORD)

    assert staff.is_superuser
    assert authenticate(username="staff@platform.test", password=PASSWORD) == staff


def test_a_table_missing_in_a_schema_is_not_looked_for_in_the_platforms(in_acme):
    with owner_rights(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_user RENAME TO hidden")

    with pytest.raises(Exception, match="does not exist"), transaction.atomic():
        get_user_model().objects.count()


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short-one", "at least 12 characters"),
        ("password1234", "too common"),
        ("192837465019", "entirely numeric"),
        ("bill@initech", "too similar"),
    ],
)
def test_a_password_that_can_be_guessed_makes_no_tenant(acme, password, says):
    order = Order("initech", "Initech", owner_email="bill@initech.test")

    with pytest.raises(ValidationError, match=says):
        provision(order, password)

    assert not Tenant.objects.filter(slug="initech").exists()
