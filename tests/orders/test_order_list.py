"""The list of orders: narrowed, searched, and turned over by dates, however many there are."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from orders import admin_search
from orders.models import ClosingRules, LaterChange, Order
from tenants.audit.models import Entry
from tests.conftest import NOON
from tests.orders.builders import make_order, make_orders, stored
from tests.people import do, logged_in, make_user, owner_of, queries_for, told

LIST = "/admin/orders/order/"
DAY = timedelta(days=1)


@pytest.fixture
def owner(acme, globex):
    return owner_of("acme")


@pytest.fixture
def orders(acme, globex):
    """Orders of all kinds."""
    with tenant_context(globex):
        make_order("G1", customer="Ann Smith")
    with tenant_context(acme):
        make_order("A-1", customer="Ann Smith", total=5)
        make_order("A-2", customer="annabel", total=50, placed_at=NOON - 400 * DAY)
        make_order("B-1", status="fulfilled", total=500, placed_at=NOON - 31 * DAY)
        make_order("B-2", status="closed", closed_by_run=7, placed_at=NOON - 60 * DAY)
        make_order("B-3", status="closed", currency="USD", total=50)
        make_order("C%1", status="cancelled", customer="Ärger_1", placed_at=NOON - 800 * DAY)
        make_order("K-1", kept_open=True, placed_at=NOON - 90 * DAY)


def listed(client, query=""):
    """The numbers that a list shows."""
    page = client.get(f"{LIST}?{query}")
    assert page.status_code == 200, page.status_code
    return sorted(order.number for order in page.context["cl"].result_list)


# Narrowed -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status__exact=open", ["A-1", "A-2", "K-1"]),
        ("status__exact=fulfilled", ["B-1"]),
        ("status__exact=closed", ["B-2", "B-3"]),
        ("status__exact=cancelled", ["C%1"]),
        ("kept_open__exact=1", ["K-1"]),
        ("closed_by=run", ["B-2"]),
        ("closed_by=hand", ["B-3"]),
        ("closed_by_run__exact=7", ["B-2"]),
        ("total_from=50&total_to=500", ["A-2", "B-1"]),
        ("total_from=5,5", ["A-2", "B-1", "B-2", "C%251", "K-1"]),
        ("total_to=50&total_in=USD", ["B-3"]),
        ("placed_at__year=2024", ["C%1"]),
        ("placed_at__year=2026&placed_at__month=11", ["A-1", "B-3"]),
    ],
)
def test_the_list_is_narrowed(owner, orders, query, expected):
    assert listed(owner, query) == [number.replace("%25", "%") for number in expected]


def test_what_a_run_would_close_is_listed_by_the_tenants_rules(acme, owner):
    old = timezone.now() - 31 * DAY
    with tenant_context(acme):
        make_order("O", placed_at=old)
        make_order("F", placed_at=old, status="fulfilled")
        make_order("N", placed_at=old, status="fulfilled", customer="ann")
        make_order("K", placed_at=old, kept_open=True)
        make_order("Y", placed_at=old + 2 * DAY)
    assert listed(owner, "closable=yes") == ["O"]

    with tenant_context(acme):
        ClosingRules(pk=1, closes_fulfilled=True, never_closed="Ann").save()
    assert listed(owner, "closable=yes") == ["F", "O"]


@pytest.mark.parametrize(
    "query",
    [
        "total_from=x",
        "total_from=NaN",
        "total_to=1e999999",
        "total_from=-Infinity",
        "placed_at__year=x",
        "placed_at__year=9998&placed_at__month=12",
        "placed_at__year=2026&placed_at__month=13",
        "placed_at__month=5",
        "closable=x",
        "closed_by=x",
        "p=x",
        "closed_by_run__exact=x",
    ],
)
def test_what_cannot_be_asked_breaks_nothing(owner, orders, query):
    assert owner.get(f"{LIST}?{query}", follow=True).status_code == 200


def test_a_range_of_totals_keeps_the_other_filters(owner, orders):
    page = owner.get(f"{LIST}?status__exact=open&q=A&total_from=6")

    (form,) = page.text.split('class="total-filter"')[1:]
    for name, value in (("status__exact", "open"), ("q", "A")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in form.split("</form>")[0]
    assert listed(owner, "status__exact=open&total_from=6") == ["A-2", "K-1"]


# Searched -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("A-1", ["A-1"]),
        ("A-", ["A-1", "A-2"]),
        ("ANN", ["A-1", "A-2"]),
        (" ann smith ", ["A-1"]),
        ("smith", []),
        ("C%25", ["C%1"]),
        ("%25", []),
        ("_", []),
        ("\\", []),
        ("Ärger_", ["C%1"]),
        ("G1", []),
        ("x" * 500, []),
    ],
)
def test_orders_are_found_by_how_number_or_customer_begins(owner, orders, term, expected):
    assert listed(owner, f"q={term}") == expected


def test_a_search_is_narrowed_further(owner, orders):
    assert listed(owner, "q=B&status__exact=closed") == ["B-2", "B-3"]


@pytest.mark.parametrize(
    ("order", "key"), [("", "-placed_at"), ("&o=1", "number"), ("&o=-1", "-number")]
)
def test_what_a_search_finds_is_in_the_list_s_order(acme, owner, orders, order, key):
    shown = owner.get(f"{LIST}?q=B{order}").context["cl"].result_list

    with tenant_context(acme):
        expected = Order.objects.filter(number__startswith="B").order_by(key)
        assert [found.pk for found in shown] == [found.pk for found in expected] != []


def test_of_very_many_some_are_shown_and_that_is_said_and_all_are_exported(
    owner, orders, monkeypatch
):
    monkeypatch.setattr(admin_search, "FOUND_MAXIMUM", 1)

    page = owner.get(f"{LIST}?q=B")

    assert "More than 1 orders begin so" in page.text
    exported = owner.get(f"{LIST}export/?q=B")
    text = b"".join(exported.streaming_content).decode()
    assert [number in text for number in ("B-1", "B-2", "B-3", "A-1")] == [True, True, True, False]


def plan_of(query):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + query)
        return "\n".join(line for (line,) in cursor.fetchall())


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ("number LIKE 'A-%'", "number"),
        (
            "(lower(btrim(customer)) COLLATE \"C\")::text LIKE 'ann%' AND NOT (customer = '')",
            "order_by_customer",
        ),
        ("status = 'cancelled'", "order_cancelled"),
        ("status = 'fulfilled' AND (NOT kept_open OR kept_open)", "order_fulfilled_by_placed_at"),
    ],
)
def test_each_has_an_index_that_serves_it(in_acme, condition, index):
    assert index in plan_of(f"SELECT id FROM orders_order WHERE {condition}")


# By dates -----------------------------------------------------------------------------------------
def links(page):
    """What stands above the list, each with what it leads to."""
    from orders.templatetags.order_dates import dates_of

    found = dates_of(page.context["cl"])
    return [choice["title"] for choice in found["choices"]]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", ["2024", "2025", "2026"]),
        (
            "placed_at__year=2026",
            ["August 2026", "September 2026", "October 2026", "November 2026"],
        ),
        ("placed_at__year=2026&placed_at__month=11", ["21 November"]),
        ("placed_at__year=2026&placed_at__month=11&placed_at__day=21", ["21 November"]),
        ("placed_at__year=2023", []),
    ],
)
def test_links_lead_to_periods_in_which_there_are_orders(acme, owner, orders, query, titles):
    page = owner.get(f"{LIST}?{query}")

    with tenant_context(acme), timezone.override("Europe/Berlin"):
        assert links(page) == titles


def test_a_period_begins_at_the_tenants_midnight(acme, owner):
    with tenant_context(acme):
        make_order("new year", placed_at=NOON.replace(month=12, day=31, hour=23, minute=30))

    assert listed(owner, "placed_at__year=2027") == ["new year"]


# Many ---------------------------------------------------------------------------------------------
def test_an_empty_list_says_why(acme, owner):
    assert "There are no orders yet." in owner.get(LIST).text

    with tenant_context(acme):
        make_order()
    assert "None of your orders is like that." in owner.get(f"{LIST}?q=nothing").text


def test_a_list_counts_the_first_and_says_so(acme, owner, orders, monkeypatch):
    monkeypatch.setattr("admin_parts.long_lists.COUNT_MAXIMUM", 3)

    page = owner.get(LIST)

    assert page.context["cl"].result_count == 3
    assert "These are the first 3" in page.text


@pytest.mark.parametrize(
    "query", ["", "q=A", "placed_at__year=2026", "closable=yes&status__exact=open"]
)
def test_many_orders_take_no_more_queries(acme, owner, query):
    with tenant_context(acme):
        make_order("A0")
    before = queries_for(owner, f"{LIST}?{query}")
    with tenant_context(acme):
        for number in range(1, 60):
            make_order(f"A{number}", placed_at=NOON - number * 9 * DAY)

    assert queries_for(owner, f"{LIST}?{query}") <= before + 3 < 30


# Closed at once -----------------------------------------------------------------------------------
def test_orders_are_closed_by_hand_by_no_run(acme, globex, owner):
    with tenant_context(acme):
        keys = [
            make_order("O").pk,
            make_order("K", kept_open=True).pk,
            make_order("F", status="fulfilled").pk,
            make_order("X", status="cancelled").pk,
            make_order("C", status="closed", closed_by_run=7).pk,
        ]

    answer = do(owner, "orders/order", "close", keys)

    assert "3 orders are closed." in told(answer)
    assert "There was nothing to do for 2 orders." in told(answer)
    with tenant_context(acme):
        assert stored("number", "status", "kept_open", "closed_by_run", "closed_from") == [
            ("C", "closed", False, 7, None),
            ("F", "closed", False, None, "fulfilled"),
            ("K", "closed", False, None, None),
            ("O", "closed", False, None, None),
            ("X", "cancelled", False, None, None),
        ]
        assert not LaterChange.objects.exists()
        # Of these alone: what tests of several sessions have committed stays in the log.
        entries = Entry.objects.filter(model="orders.order", object_pk__in=map(str, keys))
        entries = entries.filter(action="update")
        assert sorted(entry.changes["status"] for entry in entries) == [
            ["fulfilled", "closed"],
            ["open", "closed"],
            ["open", "closed"],
        ]


def test_what_was_closed_by_hand_is_reopened_as_it_was(acme, owner):
    with tenant_context(acme):
        keys = [make_order("O").pk, make_order("F", status="fulfilled").pk]

    do(owner, "orders/order", "close", keys)
    do(owner, "orders/order", "reopen", keys)

    with tenant_context(acme):
        assert stored("number", "status", "kept_open") == [
            ("F", "fulfilled", True),
            ("O", "open", True),
        ]


def test_a_viewer_closes_nothing_nor_does_the_other_tenant(acme, globex, owner):
    make_user(acme, "viewer@acme.test", "viewer")
    with tenant_context(acme):
        keys = [order.pk for order in make_orders(2)]

    for stranger in (logged_in("acme", "viewer@acme.test"), owner_of("globex")):
        do(stranger, "orders/order", "close", keys)

    with tenant_context(acme):
        assert set(stored("status")) == {"open"}
        assert Order.objects.count() == 2
