"""Taking back what a run closed: the hook that the closing task offers."""

import pytest
from django_tenants.utils import tenant_context

from orders.by_hand import save_change
from orders.closing import close_old_orders
from orders.models import LaterChange, Order
from orders.undoing import ClosingUndo
from tests.conftest import NOON
from tests.orders.builders import HEADER, make_order, make_orders, run_import, stored

pytestmark = pytest.mark.usefixtures("in_acme")
UNDO = ClosingUndo()


def close(run_id=7):
    return sum(step.closed for step in close_old_orders(NOON, run_id))


def take_back(run_id=7, **options):
    steps = list(UNDO.take_back(run_id, **options))
    return sum(step.done for step in steps), steps[-1].busy


def notes(run_id=7, **options):
    """What the traces of a run say: number and reason."""
    found = UNDO.traces(run_id, 0, 100, **options)
    return [(trace.cells[0], str(trace.note)) for trace in found]


def edit(order, **columns):
    for name, value in columns.items():
        setattr(order, name, value)
    save_change(order, list(columns))


def test_what_a_run_closed_is_reopened_and_the_next_run_passes_over_it(globex):
    with tenant_context(globex):
        make_order("B1", status="closed", closed_by_run=7)
    make_orders(3)
    close()
    make_order("later")

    assert take_back(batch=2) == (3, 0)
    assert close(run_id=8) == 1

    assert stored("number", "status", "kept_open", "closed_at")[:3] == [
        (f"A{number}", "open", True, None) for number in range(3)
    ]
    assert stored("number", "closed_by_run")[3:] == [("later", 8)]
    with tenant_context(globex):
        assert stored("status") == ["closed"]


def test_an_undo_done_twice_reopens_nothing_twice():
    make_orders(2)
    close()

    assert [take_back(), take_back()] == [(2, 0), (0, 0)]


def test_a_run_undoes_nothing_of_another():
    make_order("A1")
    close(run_id=7)
    make_order("A2")
    close(run_id=8)

    take_back(run_id=8)

    assert stored("number", "status") == [("A1", "closed"), ("A2", "open")]


@pytest.mark.parametrize(
    "columns", [{"status": "fulfilled"}, {"customer": "Jones"}, {"status": "closed"}]
)
def test_what_a_person_changed_since_is_left_and_listed(columns):
    make_orders(2)
    close()

    edit(Order.objects.get(number="A0"), **columns)
    before = Order.objects.filter(number="A0").values().get()

    assert take_back() == (1, 0)
    assert Order.objects.filter(number="A0").values().get() == before
    assert notes(only_changed=True) == [("A0", "changed by hand")]
    assert notes() == [("A0", "changed by hand"), ("A1", "reopened by undoing the run")]


def test_what_an_import_changed_since_is_left_and_listed(tmp_path):
    make_orders(3)
    close()
    file = tmp_path / "orders.csv"
    cells = ("10.00,1", "10.00,0", "12.00,0")
    lines = [f"A{number},2026-11-21 13:00:00,{rest}" for number, rest in enumerate(cells)]
    file.write_text("\n".join([f"{HEADER},cancelled", *lines]))

    assert run_import("acme", file) == 0

    assert notes(only_changed=True) == [
        ("A0", "changed by an import"),
        ("A2", "changed by an import"),
    ]
    assert take_back() == (1, 0)
    assert stored("number", "status", "closed_by_run") == [
        ("A0", "cancelled", None),
        ("A1", "open", None),
        ("A2", "closed", 7),
    ]


def test_an_order_stays_on_the_list_of_each_run_that_closed_it():
    make_order("A1")
    close(run_id=7)
    take_back(run_id=7)
    Order.objects.release()
    close(run_id=8)

    assert notes(run_id=7) == [("A1", "reopened by undoing the run")]
    assert notes(run_id=8) == [("A1", "")]
    assert take_back(run_id=7) == (0, 0)


def test_an_order_that_is_gone_is_listed_by_its_key():
    order = make_order()
    close()
    edit(order := Order.objects.get(pk=order.pk), customer="Jones")
    key = order.pk
    Order.objects.all().delete()

    (trace,) = UNDO.traces(7, 0, 10)

    assert (trace.cells[0], trace.instance, str(trace.note)) == (key, None, "changed by hand")


def test_traces_come_page_by_page():
    keys = [order.pk for order in make_orders(5)]
    close()
    edit(Order.objects.get(pk=keys[1]), status="fulfilled")

    pages = [UNDO.traces(7, after, 2) for after in (0, keys[1], keys[3], keys[4])]

    assert [[trace.key for trace in page] for page in pages] == [
        keys[:2],
        keys[2:4],
        keys[4:],
        [],
    ]


def test_what_is_remembered_of_a_run_goes_with_it():
    make_orders(1)
    close()
    take_back()

    UNDO.forget([8])
    assert LaterChange.objects.count() == 1
    UNDO.forget([7])
    assert not LaterChange.objects.exists()
