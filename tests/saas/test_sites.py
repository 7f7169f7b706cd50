"""Two admin sites, never one: what is shown where, and who gets in where."""

import pytest
from django.apps import apps
from django_celery_beat.models import PeriodicTask

from saas.sites import platform_site, tenant_site
from tenants.models import Domain, Tenant
from tests.people import STAFF, log_in, logged_in, make_staff, make_user, owner_of, visitor

TENANT_PAGES = ["orders/order", "orders/dailyreport", "scheduling/schedule", "scheduling/run"]
PLATFORM_PAGES = ["tenants/tenant", "tenants/domain", "agenda/dueslot", "agenda/firing"]


@pytest.fixture
def staff(db):
    make_staff()
    return logged_in("platform", STAFF)


def test_neither_site_shows_what_is_the_others(db):
    upstream = set(apps.get_app_config("django_celery_beat").get_models())

    assert not tenant_site._registry.keys() & {Tenant, Domain, *upstream}
    assert not platform_site._registry.keys() & {PeriodicTask, *upstream}


@pytest.mark.parametrize("page", [*TENANT_PAGES, "accounts/user"])
def test_a_tenants_pages_open_for_its_owner(acme, page):
    assert owner_of("acme").get(f"/admin/{page}/").status_code == 200


@pytest.mark.parametrize("page", PLATFORM_PAGES)
def test_a_tenant_cannot_open_the_platforms_pages(acme, page):
    assert owner_of("acme").get(f"/admin/{page}/").status_code == 404


@pytest.mark.parametrize("page", [*PLATFORM_PAGES, "accounts/user"])
def test_the_platforms_pages_open_for_its_staff(staff, page):
    assert staff.get(f"/admin/{page}/").status_code == 200


@pytest.mark.parametrize("page", TENANT_PAGES)
def test_the_platform_cannot_open_a_tenants_pages(staff, page):
    assert staff.get(f"/admin/{page}/").status_code == 404


def test_a_site_mounted_in_the_wrong_place_lets_nobody_in(acme, settings):
    owner = owner_of("acme")

    settings.ROOT_URLCONF = "saas.urls_platform"

    assert owner.get("/admin/").headers["Location"] == "/admin/login/?next=/admin/"


def test_upstreams_pages_are_nowhere(staff, acme):
    for client in (staff, owner_of("acme")):
        for model in ("periodictask", "crontabschedule", "intervalschedule"):
            assert client.get(f"/admin/django_celery_beat/{model}/").status_code == 404


def test_a_tenants_owner_cannot_log_in_elsewhere(acme, globex):
    for host in ("platform", "globex"):
        assert log_in(visitor(host), "owner@acme.test").status_code == 200


def test_the_platforms_staff_cannot_log_in_at_a_tenants(acme):
    make_staff()

    assert log_in(visitor("acme"), STAFF).status_code == 200


def test_the_same_address_and_password_on_both_sides_are_two_accounts(acme):
    make_staff("both@acme.test")
    make_user(acme, "both@acme.test", role="viewer", full_name="The tenant's")

    at_tenant, at_platform = (logged_in(host, "both@acme.test") for host in ("acme", "platform"))

    assert "The tenant&#x27;s" in at_tenant.get("/admin/").content.decode()
    assert "The tenant&#x27;s" not in at_platform.get("/admin/").content.decode()
    assert at_tenant.get("/admin/accounts/user/").status_code == 403
    assert at_platform.get("/admin/accounts/user/").status_code == 200


@pytest.mark.parametrize("target", ["platform", "globex"])
def test_a_tenants_session_is_nothing_elsewhere(acme, globex, target):
    make_staff("owner@acme.test")
    make_user(globex, "owner@acme.test", role="owner")
    elsewhere = visitor(target)
    elsewhere.cookies = owner_of("acme").cookies

    assert elsewhere.get("/admin/").headers["Location"] == "/admin/login/?next=/admin/"


def test_the_platforms_session_is_nothing_at_a_tenants(staff, acme):
    make_user(acme, STAFF, role="owner")
    elsewhere = visitor("acme")
    elsewhere.cookies = staff.cookies

    assert elsewhere.get("/admin/").status_code == 302


def test_pages_of_both_sites_in_turn_name_the_right_things(staff, acme):
    """Content type ids differ between schemas; what one request cached must not serve the next."""
    domain = {"domain": "x.acme.test", "tenant": acme.pk, "is_primary": ""}
    user = {"email": "new@acme.test", "role": "viewer", "language": "en", "is_active": "on"}

    staff.post("/admin/tenants/domain/add/", domain)
    owner_of("acme").post("/admin/accounts/user/add/", user)

    owner = owner_of("acme").get("/admin/").content.decode()
    assert "new@acme.test" in owner
    assert "x.acme.test" in staff.get("/admin/").content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "scheduling/run/?state__exact=%00",
        "scheduling/run/?q=%00",
        "scheduling/run/?periodic_task_id=abc",
        "scheduling/run/?periodic_task_id=99999999999999999999999",
        "scheduling/run/?p=x&o=x.y",
        "scheduling/run/?slot_at__year=10000",
        "scheduling/run/?slot_at__year__gte=9999999999",
        "scheduling/run/?slot_at__year=-5",
        "scheduling/run/?slot_at__year__in=2026,10000",
        "scheduling/run/?slot_at__year=10000&slot_at__year=2026",
        "scheduling/run/?slot_at__year=x",
        "accounts/loginevent/?at__year=9999",
        "audit/entry/?at__year=10000",
        "orders/dailyreport/?day__year=9999",
        "orders/dailyreport/?day__iso_year=10000",
        "orders/order/?placed_at__iso_year=10000",
        "scheduling/schedule/?nonsense=1",
        "scheduling/schedule/99999999999999999999/change/",
        "scheduling/schedule/%00/change/",
        "scheduling/schedule/add/?task=nonsense",
        "accounts/user/x/delete/",
    ],
)
def test_nonsense_in_an_address_is_not_an_error_of_ours(acme, path):
    assert owner_of("acme").get(f"/admin/{path}").status_code in {200, 302, 400}


@pytest.mark.parametrize("ticked", ["abc", "1\0", "-", "٣"])
def test_nonsense_in_a_ticked_box_is_not_an_error_of_ours(acme, ticked):
    posted = {"action": "pause", "_selected_action": ticked}

    answer = owner_of("acme").post("/admin/scheduling/schedule/", posted)

    assert answer.status_code in {302, 400}


def test_no_page_carries_inline_scripts_or_styles(staff, acme):
    """Content-Security-Policy allows 'self' alone, so a browser would not run them."""
    owner = owner_of("acme")
    pages = [owner.get(f"/admin/{page}/") for page in ("scheduling/schedule/add", "scheduling/run")]
    pages += [staff.get(f"/admin/{page}/") for page in ("tenants/tenant/add", "agenda/firing")]

    for page in pages:
        text = page.content.decode()
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]
        assert "<style" not in text
        assert " style=" not in text
        assert " onclick=" not in text
