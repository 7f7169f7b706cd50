import sys
from io import StringIO

import pytest
from django.core.management import CommandError
from django_tenants.utils import tenant_context

from orders.models import Order
from tests.conftest import NOON
from tests.orders.builders import make_order, run_import, stored

LINE = "A1,2010-12-01 08:34:00,12.50"
STATUSES = ["", "open", "fulfilled", "closed", "cancelled"]


def test_an_order_is_imported_into_its_tenant_alone(globex, in_acme, order_file, import_into):
    code, answer = import_into("acme", order_file(LINE))

    assert (code, answer) == (0, {"imported": 1, "updated": 0, "rejected": []})
    order = Order.objects.get()
    assert (order.number, str(order.total), order.currency, order.customer) == (
        ("A1", "12.50", "EUR", "")
    )
    assert (order.status, order.closed_at) == ("open", None)
    assert order.placed_at.isoformat() == "2010-12-01T07:34:00+00:00"
    with tenant_context(globex):
        assert stored("number") == []


def test_times_are_of_the_zone_that_is_named(in_acme, order_file, import_into):
    import_into("acme", order_file(LINE), "--timezone", "America/New_York")

    assert Order.objects.get().placed_at.isoformat() == "2010-12-01T13:34:00+00:00"


def test_importing_again_changes_nothing(in_acme, order_file, import_into):
    header = "number,placed_at,total,status,cancelled"
    lines = [f"{status or 'none'},2010-12-01 08:34,1,{status},0" for status in STATUSES]
    path = order_file(*lines, "credit,2010-12-01 08:34,-1,,1", header=header)
    import_into("acme", path)
    before = list(Order.objects.order_by("pk").values())

    assert import_into("acme", path) == (0, {"imported": 0, "updated": 0, "rejected": []})

    assert list(Order.objects.order_by("pk").values()) == before


def test_a_stored_number_is_updated_and_its_status_kept(in_acme, order_file, import_into):
    make_order("A1", status="fulfilled", customer="Smith", currency="USD")

    assert import_into("acme", order_file(LINE))[1]["updated"] == 1

    order = Order.objects.get()
    assert (str(order.total), order.customer, order.currency) == ("12.50", "Smith", "USD")
    assert (order.status, order.status_changed_at) == ("fulfilled", NOON.replace(day=21))


def test_a_status_that_is_imported_counts_from_now(in_acme, order_file, import_into):
    make_order("A1")

    import_into("acme", order_file(f"{LINE},fulfilled", header="number,placed_at,total,status"))

    order = Order.objects.get()
    assert order.status == "fulfilled"
    assert order.status_changed_at > NOON.replace(day=21)


def test_an_order_that_comes_in_closed_was_closed_now(in_acme, order_file, import_into):
    import_into("acme", order_file(f"{LINE},closed", header="number,placed_at,total,status"))

    order = Order.objects.get()
    assert order.status == "closed"
    assert order.closed_at == order.status_changed_at > order.placed_at


@pytest.mark.parametrize("status", ["", "open", "fulfilled", "closed"])
def test_an_import_never_reopens_a_closed_order(in_acme, order_file, import_into, status):
    make_order("A1", status="closed", closed_by_run=7)
    before = stored("status", "status_changed_at", "closed_at", "closed_by_run")
    path = order_file(f"{LINE},{status}", header="number,placed_at,total,status")

    assert import_into("acme", path)[1]["updated"] == 1

    assert stored("status", "status_changed_at", "closed_at", "closed_by_run") == before
    assert str(Order.objects.get().total) == "12.50"


def test_a_closed_order_may_be_cancelled(in_acme, order_file, import_into):
    make_order("A1", status="closed", closed_by_run=7)

    import_into("acme", order_file(f"{LINE},1", header="number,placed_at,total,cancelled"))

    assert stored("status", "closed_at", "closed_by_run") == [("cancelled", None, None)]


def test_bad_lines_are_told_and_the_others_imported(in_acme, order_file, import_into):
    path = order_file("A1,2011-02-30 08:34,1", "A2,2011-02-28 08:34,1", "A3,2011-02-28 08:34,-1")

    code, answer = import_into("acme", path)

    assert (code, answer["imported"], stored("number")) == (1, 1, ["A2"])
    assert answer["rejected"] == [
        {
            "line": 2,
            "reason": "placed_at: '2011-02-30 08:34' cannot be: day is out of range for month",
        },
        {"line": 4, "reason": "total: -1 is negative; only a cancelled order's may be"},
    ]


def test_of_a_number_that_is_repeated_the_later_lines_are_errors(in_acme, order_file, import_into):
    path = order_file("A1,2011-02-28 08:34,1", "A1,2011-02-28 08:34,2", "A1,never,3")

    _, answer = import_into("acme", path)

    assert stored("number", "total") == [("A1", 1)]
    assert answer["rejected"][0] == {"line": 3, "reason": "number: 'A1' was on line 2 already"}
    assert answer["rejected"][1]["reason"].startswith("placed_at: 'never' is not a time")


def test_a_repeated_number_is_an_error_even_if_its_first_line_is(in_acme, order_file, import_into):
    _, answer = import_into("acme", order_file("A1,never,1", "A1,2011-02-28 08:34,2"))

    assert [rejection["line"] for rejection in answer["rejected"]] == [2, 3]
    assert stored("number") == []


def test_what_copy_would_take_for_its_own_is_stored_as_it_is(in_acme, order_file, import_into):
    header = "number,placed_at,total,customer"

    import_into("acme", order_file(r"\N,2010-12-01 08:34,1,back\slash \. \t", header=header))

    assert stored("number", "customer") == [(r"\N", r"back\slash \. \t")]


def test_a_dry_run_tells_what_it_would_do_and_does_nothing(in_acme, order_file, import_into):
    make_order("A1")
    before = list(Order.objects.values())
    path = order_file(LINE, "A2,2010-12-01 08:34,1", "A3,never,1")

    code, answer = import_into("acme", path, "--dry-run")

    assert code == 1
    assert (answer["imported"], answer["updated"], len(answer["rejected"])) == (1, 1, 1)
    assert list(Order.objects.values()) == before


def test_in_text_rejections_and_ignored_columns_are_named(in_acme, order_file, capsys):
    path = order_file(
        "A1,2010-12-01 08:34,abc,France,9", header="number,placed_at,total,country,lines"
    )

    assert run_import("acme", path) == 1

    output = capsys.readouterr()
    assert output.out == "0 imported, 0 updated, 1 rejected\n"
    assert output.err.splitlines() == [
        "ignored columns: 'country', 'lines'",
        "line 2: total: 'abc' is not an amount; write one such as 12.50",
    ]


class Terminal(StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("stderr", "is_shown"), [(Terminal(), True), (StringIO(), False)])
def test_progress_is_shown_on_a_terminal_only(in_acme, order_file, monkeypatch, stderr, is_shown):
    monkeypatch.setattr(sys, "stderr", stderr)

    run_import("acme", order_file(LINE))

    assert ("0%|" in stderr.getvalue()) is is_shown


def test_a_file_error_leaves_everything_as_it_was(in_acme, order_file, capsys):
    with pytest.raises(CommandError, match="line 3: a quote is opened and never") as refused:
        run_import("acme", order_file(LINE, 'A2,2010-12-01 08:34,"1'), "--json")

    assert refused.value.returncode == 2
    assert stored("number") == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("slug", "options", "message"),
    [
        ("nobody", (), "There is no tenant 'nobody'."),
        ("public", (), "There is no tenant 'public'."),
        ("acme", ("--timezone", "Mars/Base"), "'Mars/Base' is not a time zone: use an IANA name"),
        ("acme", ("--timezone", "../etc/passwd"), "is not a time zone"),
        ("acme", ("--timezone", "Europe"), "is not a time zone"),
    ],
)
def test_an_unknown_tenant_or_zone_is_refused(acme, order_file, slug, options, message):
    with pytest.raises(CommandError, match=message) as refused:
        run_import(slug, order_file(LINE), *options)

    assert refused.value.returncode == 2


def test_a_file_that_cannot_be_opened_is_refused(acme, tmp_path):
    for path in (tmp_path, tmp_path / "missing.csv"):
        with pytest.raises(CommandError, match=r"(Is a directory|No such file)") as refused:
            run_import("acme", path)
        assert refused.value.returncode == 2


def test_a_tenant_without_schema_is_refused(acme, order_file):
    type(acme).objects.filter(pk=acme.pk).update(state="provisioning")

    with pytest.raises(CommandError, match="Tenant 'acme' is provisioning"):
        run_import("acme", order_file(LINE))
