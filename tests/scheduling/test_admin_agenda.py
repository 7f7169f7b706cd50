"""The platform's lists of due slots and firings: read-only, and quick however long they are."""

from datetime import timedelta

import pytest
from django.db import connection

from scheduling.agenda.models import DueSlot, Firing
from tests.conftest import NOON
from tests.people import STAFF, do, logged_in, make_staff, queries_for
from tests.scheduling.builders import make_firing, make_slot

SLOTS, FIRINGS = "/admin/agenda/dueslot/", "/admin/agenda/firing/"


@pytest.fixture
def staff(db):
    make_staff()
    return logged_in("platform", STAFF)


@pytest.fixture(autouse=True)
def empty_agenda(db):
    DueSlot.objects.all().delete()
    Firing.objects.all().delete()


def listed(staff, address):
    return [str(row.tenant) for row in staff.get(address).context["cl"].result_list]


def test_slots_of_all_tenants_are_listed_by_time(acme, globex, staff):
    make_slot(globex, NOON + timedelta(hours=1))
    make_slot(acme, NOON)

    assert listed(staff, SLOTS) == ["acme", "globex"]


@pytest.mark.parametrize("query", ["tenant=acme", "q=acme", "q=one.task", "quarantined=yes"])
def test_slots_are_found_by_tenant_task_and_quarantine(acme, globex, staff, query):
    make_slot(acme, None, task="one.task", problem="hour: 25 is out of range")
    make_slot(globex, NOON, task="another.task")

    assert listed(staff, f"{SLOTS}?{query}") == ["acme"]


@pytest.mark.parametrize("query", ["tenant=acme", "q=acme", "q=one.task"])
def test_firings_are_found_by_tenant_and_task(acme, globex, staff, query):
    make_firing(acme, NOON, task="one.task")
    make_firing(globex, NOON, task="another.task")

    assert listed(staff, f"{FIRINGS}?{query}") == ["acme"]


@pytest.mark.parametrize(
    ("query", "found"), [("", "acme"), ("?settled=no", "acme"), ("?settled=yes", "globex")]
)
def test_what_is_under_way_is_listed_and_on_demand_what_is_settled(
    acme, globex, staff, query, found
):
    make_firing(acme, NOON)
    make_firing(globex, NOON, state="settled")

    page = staff.get(f"{FIRINGS}{query}")

    assert [row.tenant.slug for row in page.context["cl"].result_list] == [found]
    (states,) = [one for one in page.context["cl"].filter_specs if one.title == "state"]
    chosen = [
        choice["display"] for choice in states.choices(page.context["cl"]) if choice["selected"]
    ]
    assert chosen == [{"acme": "under way", "globex": "settled"}[found]]


def test_settled_firings_are_read_newest_first_from_an_index(acme, staff):
    for days in range(3):
        make_firing(acme, NOON + timedelta(days=days), state="settled")

    newest = Firing.objects.filter(state="settled").order_by("-slot_at")
    with connection.cursor() as cursor:
        # Of a handful of rows Postgres would rather make do without.
        for way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
    assert "->  Sort" not in newest[:100].explain()


def test_filtering_by_tenant_keeps_the_other_filters(acme, staff):
    page = staff.get(f"{FIRINGS}?settled=yes&tenant=acme").content.decode()

    assert '<input type="hidden" name="settled" value="yes">' in page
    assert '<input type="text" name="tenant" value="acme"' in page
    filter_form = page[: page.index('<input type="text" name="tenant"')].rpartition("<form")[2]
    assert 'name="tenant"' not in filter_form


def test_nothing_can_be_written(acme, staff):
    slot, firing = make_slot(acme, NOON), make_firing(acme, NOON)

    for address in (SLOTS, FIRINGS):
        assert staff.get(f"{address}add/").status_code == 403
    for address in (f"{SLOTS}{slot.pk}", f"{FIRINGS}{firing.pk}"):
        assert staff.get(f"{address}/change/").status_code == 200
        assert staff.post(f"{address}/change/", {"state": "settled"}).status_code == 403
        assert staff.post(f"{address}/delete/", {"post": "yes"}).status_code == 403
    do(staff, "agenda/dueslot", "delete_selected", [slot.pk], post="yes")
    assert DueSlot.objects.filter(pk=slot.pk).exists()


def test_a_list_of_any_length_takes_the_same_queries(acme, globex, staff):
    make_firing(globex, NOON)
    before = queries_for(staff, FIRINGS)
    for number in range(30):
        make_firing(acme, NOON + timedelta(minutes=number))

    assert queries_for(staff, FIRINGS) == before


def test_no_more_rows_are_counted_than_anybody_pages_through(acme, staff, monkeypatch):
    monkeypatch.setattr("admin_parts.long_lists.COUNT_MAXIMUM", 5)
    for number in range(8):
        make_firing(acme, NOON + timedelta(minutes=number))

    assert staff.get(FIRINGS).context["cl"].paginator.count == 5
