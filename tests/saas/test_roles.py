"""What each role may do on a tenant's site: every page and every action, for each of the three.

An owner invites people; a manager changes cadences, runs and orders; a viewer looks.
"""

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.urls import URLPattern, URLResolver
from django_tenants.utils import tenant_context

from orders.models import DailyReport
from saas.sites import tenant_site
from scheduling.models import Run
from tenants.accounts.models import User
from tenants.audit.models import Entry
from tests.conftest import NOON
from tests.orders.builders import make_order
from tests.people import logged_in, make_user, visitor
from tests.scheduling.schedule_pages import WEEKLY, row_of

ROLES = ("viewer", "manager", "owner")
ALL, WRITERS, OWNERS, NOBODY = ROLES, ROLES[1:], ROLES[2:], ()

#: Name of a page: who may open it.
PAGES = {
    "index": ALL,
    "profile": ALL,
    "security": ALL,
    "security_enrol": ALL,
    "security_policy": OWNERS,
    "password_change": ALL,
    "orders_order_changelist": ALL,
    "orders_order_export": ALL,
    "orders_order_add": WRITERS,
    "orders_order_change": ALL,
    "orders_order_history": ALL,
    "orders_order_delete": NOBODY,
    "orders_orderfile_changelist": WRITERS,
    "orders_orderfile_add": WRITERS,
    "orders_closingrules_changelist": ALL,
    "orders_closingrules_change": ALL,
    "orders_closingrules_restore": WRITERS,
    "orders_closingrules_history": ALL,
    "orders_closingrules_add": NOBODY,
    "orders_closingrules_delete": NOBODY,
    "orders_dailyreport_changelist": ALL,
    "orders_dailyreport_csv": ALL,
    "orders_dailyreport_add": NOBODY,
    "orders_dailyreport_change": ALL,
    "orders_dailyreport_history": ALL,
    "orders_dailyreport_delete": NOBODY,
    "scheduling_schedule_changelist": ALL,
    "scheduling_schedule_add": WRITERS,
    "scheduling_schedule_change": ALL,
    "scheduling_schedule_history": ALL,
    "scheduling_schedule_delete": WRITERS,
    "scheduling_schedule_deleted": ALL,
    "scheduling_schedule_restore": WRITERS,
    "scheduling_schedule_run_now": WRITERS,
    "scheduling_schedule_pause": WRITERS,
    "scheduling_schedule_resume": WRITERS,
    "scheduling_schedule_zone": WRITERS,
    "scheduling_run_changelist": ALL,
    "scheduling_run_add": NOBODY,
    "scheduling_run_change": ALL,
    "scheduling_run_history": ALL,
    "scheduling_run_delete": NOBODY,
    "scheduling_run_undo": OWNERS,
    "scheduling_run_approval": WRITERS,
    "scheduling_run_progress": ALL,
    "scheduling_run_retry": WRITERS,
    "scheduling_run_stop": WRITERS,
    "scheduling_runretention_changelist": WRITERS,
    "scheduling_runretention_change": WRITERS,
    "scheduling_runretention_history": WRITERS,
    "scheduling_runretention_restore": WRITERS,
    "scheduling_runretention_add": NOBODY,
    "scheduling_runretention_delete": NOBODY,
    "accounts_user_changelist": OWNERS,
    "accounts_user_add": OWNERS,
    "accounts_user_change": OWNERS,
    "accounts_user_history": OWNERS,
    "accounts_user_delete": OWNERS,
    "branding_branding_changelist": OWNERS,
    "branding_branding_change": OWNERS,
    "branding_branding_history": OWNERS,
    "branding_branding_restore": OWNERS,
    "branding_branding_add": NOBODY,
    "branding_branding_delete": NOBODY,
    "audit_entry_changelist": OWNERS,
    "audit_entry_export": OWNERS,
    "audit_entry_add": NOBODY,
    "audit_entry_change": OWNERS,
    "audit_entry_delete": NOBODY,
    "accounts_loginevent_changelist": ALL,
    "accounts_loginevent_add": NOBODY,
    "accounts_loginevent_delete": NOBODY,
}
#: What is open to everybody, leads on to another page, takes a POST alone (see POSTS), or is about
#: rows that a test of its own makes.
ELSEWHERE = {
    "branding_stylesheet",
    "branding_logo",
    "login",
    "login_code",
    "login_enrol",
    "logout",
    "password_change_done",
    "jsi18n",
    "autocomplete",
    "view_on_site",
    "app_list",
    "security_sessions",
    "security_remove",
    "security_recovery",
    "security_mail",
    "orders_closingrules_effect",
    "scheduling_schedule_preview",
    "orders_orderfile_download",
    "orders_orderfile_change",
    "orders_orderfile_history",
    "orders_orderfile_delete",
    "audit_entry_history",
    "accounts_loginevent_change",
    "accounts_loginevent_history",
}
ORDER = {"number": "new", "total": "1", "currency": "EUR", "status": "open"}
ORDER |= {"placed_at_0": "2026-11-01", "placed_at_1": "00:00", "customer": ""}
USER = {"email": "new@acme.test", "role": "viewer", "language": "en", "is_active": "on"}
RULES = {"closes_open": "on", "currency": "EUR"}
RULES |= {f"holidays-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL")}
#: Name of a page, what is posted to it, and who may.
POSTS = [
    ("profile", {"full_name": "x", "language": "en", "timezone": ""}, ALL),
    ("security_policy", {}, OWNERS),
    ("orders_order_add", ORDER, WRITERS),
    ("orders_order_change", ORDER, WRITERS),
    ("orders_closingrules_change", RULES, WRITERS),
    ("orders_closingrules_effect", RULES | {"days": "3"}, ALL),
    ("scheduling_schedule_add", WEEKLY, WRITERS),
    ("scheduling_schedule_change", WEEKLY, WRITERS),
    ("scheduling_schedule_preview", WEEKLY, ALL),
    ("scheduling_schedule_run_now", {}, WRITERS),
    ("scheduling_schedule_pause", {}, WRITERS),
    ("scheduling_schedule_resume", {}, WRITERS),
    ("scheduling_schedule_zone", {"timezone": "Asia/Tokyo"}, OWNERS),
    ("scheduling_schedule_delete", {"post": "yes"}, WRITERS),
    ("scheduling_runretention_change", {"runs_kept_days": "30"}, WRITERS),
    ("scheduling_run_stop", {}, WRITERS),
    ("scheduling_run_undo", {}, OWNERS),
    ("branding_branding_change", {"display_name": "x", "accent": ""}, OWNERS),
    ("accounts_user_add", USER, OWNERS),
    ("accounts_user_change", USER, OWNERS),
    ("accounts_user_delete", {"post": "yes"}, OWNERS),
]
#: Each action of each list, and who is offered it.
ACTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "orders_order": {"close": WRITERS, "reopen": WRITERS, "release": WRITERS},
    "scheduling_schedule": {
        "pause": WRITERS,
        "resume": WRITERS,
        "run_now": WRITERS,
        "delete_selected": WRITERS,
    },
    "scheduling_run": {"stop": WRITERS},
    "accounts_user": dict.fromkeys(
        ["invite_again", "withdraw", "sign_out", "reset_factor", "delete_selected"], OWNERS
    ),
    "orders_orderfile": {"delete_selected": OWNERS},
}


def patterns(found, before=""):
    for pattern in found:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield pattern.name, route


ROUTES = dict(patterns(tenant_site.get_urls()))


def make_report():
    counts = dict.fromkeys(["placed", "placed_total", "closed", "closed_total", "open"], 0)
    return DailyReport.objects.create(day=NOON.date(), currency="EUR", made_at=NOON, **counts)


@pytest.fixture
def rows(acme):
    """Make one row of each kind; return their numbers by the beginning of their pages' names."""
    schedule = row_of(acme, name="Close old orders")
    helper = make_user(acme, "helper@acme.test", "manager")
    with tenant_context(acme):
        order = make_order("A1")
        report = make_report()
        run = Run.objects.create(
            periodic_task_id=schedule.pk, slot_at=NOON, state="succeeded", trigger="schedule"
        )
        entry = Entry.objects.latest("pk")
    return {
        "orders_order": order.pk,
        "orders_closingrules": 1,
        "orders_dailyreport": report.pk,
        "scheduling_schedule": schedule.pk,
        "scheduling_run": run.pk,
        "scheduling_runretention": 1,
        "accounts_user": helper.pk,
        "accounts_loginevent": 1,
        "audit_entry": entry.pk,
        "branding_branding": 1,
    }


def address(name, rows):
    kind = next((kind for kind in rows if name.startswith(f"{kind}_")), None)
    route = ROUTES[name]
    for converter in ("<path:object_id>", "<int:pk>", "<int:entry>"):
        route = route.replace(converter, str(rows.get(kind)))
    return f"/admin/{route}"


@pytest.fixture(params=ROLES)
def somebody(request, acme, rows):
    """Return a role and a client of somebody who has it."""
    make_user(acme, "some@acme.test", request.param)
    return request.param, logged_in("acme", "some@acme.test")


def is_let(answer):
    """Whether somebody was let: not refused, and not sent away to log in or back to the start."""
    return answer.status_code in {200, 302} and "/login/" not in answer.headers.get("Location", "")


def test_every_page_has_its_place_in_these_tables():
    """A page that is new is none of these: say in PAGES or POSTS who may open it."""
    assert set(ROUTES) == PAGES.keys() | ELSEWHERE


def test_each_page_opens_for_the_roles_that_it_is_for(somebody, rows):
    role, client = somebody

    opened = {name for name in PAGES if is_let(client.get(address(name, rows)))}

    assert opened == {name for name, roles in PAGES.items() if role in roles}


def test_each_page_takes_a_form_from_the_roles_that_may_change_it(acme, somebody, rows):
    role, client = somebody

    taken = {name for name, fields, _ in POSTS if is_let(client.post(address(name, rows), fields))}

    assert taken == {name for name, _fields, roles in POSTS if role in roles}


def test_each_list_offers_the_actions_of_a_role_and_no_other(somebody, rows):
    role, client = somebody

    for kind, actions in ACTIONS.items():
        page = client.get(address(f"{kind}_changelist", rows))
        form = page.context.get("action_form") if page.status_code == 200 else None
        offered = (
            {name for name, _label in form.fields["action"].choices if name} if form else set()
        )
        assert offered - {"export"} == {name for name, roles in actions.items() if role in roles}


def test_every_action_has_its_place_in_the_table():
    named = {kind: set(actions) for kind, actions in ACTIONS.items()}
    found = {
        f"{model._meta.app_label}_{model._meta.model_name}": {
            action if isinstance(action, str) else action.__name__ for action in admin.actions
        }
        for model, admin in tenant_site._registry.items()
    }

    assert all(actions <= named.get(kind, set()) for kind, actions in found.items())


def test_an_action_that_is_not_offered_does_nothing_when_posted(acme, somebody, rows):
    role, client = somebody
    if role != "viewer":
        return

    for kind, actions in ACTIONS.items():
        for action in actions:
            posted = {"action": action, ACTION_CHECKBOX_NAME: str(rows.get(kind, 1)), "post": "yes"}
            client.post(address(f"{kind}_changelist", rows), posted)

    assert row_of(acme, name="Close old orders").enabled
    with tenant_context(acme):
        assert User.objects.filter(email="helper@acme.test").exists()


def test_a_stranger_is_let_in_nowhere(acme, rows):
    client = visitor("acme")

    assert [name for name in PAGES if is_let(client.get(address(name, rows)))] == []
