"""An import while a closing is at the same orders."""

import pytest
from django.db import connection, transaction

from orders.closing import close_old_orders
from tests.conftest import NOON
from tests.orders.builders import make_order, run_import, stored
from tests.waiting import DEADLINE, wait_until_somebody_waits_for_a_lock

pytestmark = pytest.mark.usefixtures("committed")


def test_an_import_does_not_reopen_what_is_closed_meanwhile(in_thread, order_file):
    make_order("A1")
    path = order_file("A1,2010-12-01 08:34,99,open", header="number,placed_at,total,status")

    with transaction.atomic():
        list(close_old_orders(NOON, run_id=7))
        importing = in_thread(run_import, "acme", path)
        wait_until_somebody_waits_for_a_lock()
    importing.join(DEADLINE)

    assert stored("status", "closed_by_run", "total") == [("closed", 7, 99)]


def test_two_imports_at_once_do_not_lock_each_other_out(in_thread, order_file):
    first, last = (f"A{number},2010-12-01 08:34,1" for number in (1, 2))

    with transaction.atomic():
        run_import("acme", order_file(first))
        second = in_thread(run_import, "acme", order_file(last, first))
        wait_until_somebody_waits_for_a_lock()
        run_import("acme", order_file(last))
    second.join(DEADLINE)

    assert stored("number") == ["A1", "A2"]


def test_an_import_waits_for_nothing_that_another_tenant_could_hold(committed, order_file):
    """Advisory locks are the database's own: whoever knows the number of one can keep it."""
    with transaction.atomic(), connection.cursor() as cursor:
        run_import("acme", order_file("A1,2010-12-01 08:34,1"))
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")

        assert cursor.fetchone() == (0,)
