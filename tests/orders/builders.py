"""Orders and order files as tests need them."""

from datetime import timedelta

from django.core.management import call_command
from django_tenants.utils import schema_context

from orders.models import Order
from tests.conftest import NOON

HEADER = "number,placed_at,total"


def make_order(number="A1", **fields):
    """Store an open order placed a day before NOON, past all forms."""
    given = {
        "placed_at": NOON - timedelta(days=1),
        "total": "10.00",
        "currency": "EUR",
        "status_changed_at": NOON - timedelta(days=1),
    } | fields
    if given.get("status") == "closed":
        given.setdefault("closed_at", given["status_changed_at"])
    return Order.objects.create(number=number, **given)


def make_orders(count, **fields):
    return [make_order(f"A{number}", **fields) for number in range(count)]


def stored(*columns):
    """Return these columns of all orders in the current schema, by number."""
    return list(Order.objects.order_by("number").values_list(*columns, flat=len(columns) == 1))


def run_import(slug, file, *options):
    """Call the command on the platform's side, as a shell would; return its exit code."""
    try:
        with schema_context("public"):
            call_command("import_orders", slug, str(file), *options)
    except SystemExit as end:
        return end.code
    return 0
