"""The 12,392 real invoices of tests/data, in one tenant per country."""

import csv
from collections import defaultdict
from decimal import Decimal

import pytest
from django.db.models import Count, Sum
from django_tenants.utils import tenant_context

from orders.models import Order
from tests.orders.builders import run_import
from tests.retail_data import all_lines

#: With credit notes, blank customers and letters in numbers.
SOME = ["Germany", "France", "EIRE"]
COUNTRIES = 38

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture(scope="module")
def countries():
    """The lines of the file, by country."""
    lines = defaultdict(list)
    for line in all_lines():
        lines[line["country"]].append(line)
    return lines


@pytest.fixture
def tenant_of():
    """Provision a tenant for a country."""
    from tenants.provisioning import Order as Application
    from tenants.provisioning import provision

    def provisioned(country):
        slug = f"of-{country.lower().replace(' ', '-')}"
        zone = "Europe/London"
        application = Application(slug=slug, name=country, timezone=zone, currency="GBP")
        return provision(application, "correct horse battery").tenant

    return provisioned


def file_of(folder, lines):
    path = folder / "orders.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, lines[0].keys())
        writer.writeheader()
        writer.writerows(lines)
    return path


def check(tenant, lines, path):
    """Import a country's file twice and compare the books."""
    assert run_import(tenant.slug, path, "--timezone", "Europe/London") == 0
    with tenant_context(tenant):
        before = list(Order.objects.order_by("pk").values())
        assert books() == expected_books(lines)
    assert run_import(tenant.slug, path, "--timezone", "Europe/London") == 0
    with tenant_context(tenant):
        assert list(Order.objects.order_by("pk").values()) == before


def books():
    rows = Order.objects.order_by("status").values_list("status")
    return {
        status: (number, total)
        for status, number, total in rows.annotate(Count("pk"), Sum("total"))
    }


def expected_books(lines):
    totals = defaultdict(list)
    for line in lines:
        status = "cancelled" if line["cancelled"] == "1" else "open"
        totals[status].append(Decimal(line["total"]))
    return {status: (len(amounts), sum(amounts)) for status, amounts in totals.items()}


@pytest.mark.parametrize("country", SOME)
def test_a_countrys_orders_add_up_credit_notes_included(tmp_path, countries, tenant_of, country):
    lines = countries[country]
    assert any(Decimal(line["total"]) < 0 for line in lines)

    check(tenant_of(country), lines, file_of(tmp_path, lines))


def test_all_lines_at_once_add_up(tmp_path, acme, countries):
    lines = [line for of_country in countries.values() for line in of_country]
    assert len(lines) == 12_392

    check(acme, lines, file_of(tmp_path, lines))


@pytest.mark.long
def test_every_countrys_orders_add_up(tmp_path, countries, tenant_of):
    assert len(countries) == COUNTRIES

    for country, lines in countries.items():
        check(tenant_of(country), lines, file_of(tmp_path, lines))


def test_a_damaged_copy_shows_each_rejection(tmp_path, globex, countries, import_into):
    lines = [dict(line) for line in countries["Germany"]]
    lines[3]["total"] = "abc"
    lines[5]["placed_at"] = "2011-02-30 10:00:00"
    lines[7]["number"] = lines[0]["number"]

    code, answer = import_into("globex", file_of(tmp_path, lines))

    assert (code, answer["imported"]) == (1, len(lines) - 3)
    assert [rejection["line"] for rejection in answer["rejected"]] == [5, 7, 9]
