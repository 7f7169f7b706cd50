"""The page on which a tenant imports orders, and the files that are kept of it."""

import hashlib
import time
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from orders import waiting_files
from orders.models import Order, OrderFile
from orders.uploads import forget_old_files
from tenants.audit.models import Entry
from tests.conftest import NOON
from tests.orders.builders import make_order, run_import, stored
from tests.people import logged_in, make_user, owner_of, told

PAGE = "/admin/orders/orderfile/"
GOOD = b"number,placed_at,total\nA1,2026-11-20 12:00,12.50\nA2,2026-11-20 13:00,1.00\n"
MIXED = GOOD + b"A3,yesterday,1.00\nA1,2026-11-20 12:00,5\n"

pytestmark = pytest.mark.usefixtures("media")


@pytest.fixture
def owner(acme):
    return owner_of("acme")


def send(client, content=GOOD, name="orders.csv", **fields):
    file = SimpleUploadedFile(name, content, content_type="text/csv")
    return client.post(f"{PAGE}add/", {"file": file, **fields})


def kept(media):
    return sorted(path for path in media.rglob("*") if path.is_file())


def records(tenant):
    with tenant_context(tenant):
        return list(OrderFile.objects.order_by("pk"))


def date_back(tenant, days):
    with tenant_context(tenant):
        OrderFile.objects.update(imported_at=NOON - timedelta(days=days))


def test_a_file_is_imported_and_kept(acme, owner, media):
    answer = send(owner)

    (record,) = records(acme)
    assert answer.url == f"{PAGE}{record.pk}/change/"
    assert "2 imported, 0 updated, 0 rejected" in told(answer)
    assert (record.name, record.sender, record.size) == (
        "orders.csv",
        "owner@acme.test",
        len(GOOD),
    )
    assert record.sha256 == hashlib.sha256(GOOD).hexdigest()
    assert [path.read_bytes() for path in kept(media)] == [GOOD]
    with tenant_context(acme):
        assert stored("number") == ["A1", "A2"]


def test_times_are_those_of_the_tenants_clock(acme, owner):
    send(owner)

    with tenant_context(acme):
        assert Order.objects.get(number="A1").placed_at.isoformat() == "2026-11-20T11:00:00+00:00"


def test_a_rejected_line_is_told_with_its_reason_and_the_others_are_imported(acme, owner):
    page = owner.get(send(owner, MIXED).url).text

    assert "line 4: placed_at: &#x27;yesterday&#x27; is not a time" in page
    assert "line 5: number: &#x27;A1&#x27; was on line 2 already" in page
    with tenant_context(acme):
        assert stored("number") == ["A1", "A2"]


# Looked at first ------------------------------------------------------------------------------
def look(client, content=MIXED):
    """Send a file to be looked at; return the page and the token by which it is imported."""
    page = send(client, content, dry_run="on")
    return page, page.context["token"]


def say_yes(client, token):
    return client.post(f"{PAGE}add/", {"kept": token})


def test_a_dry_run_shows_what_would_be_done_and_stores_nothing(acme, owner):
    page, _ = look(owner)

    assert "2 would be imported, 0 would be updated, 2 would be rejected" in page.text
    assert "line 4</th><td>placed_at" in page.text
    assert records(acme) == []
    with tenant_context(acme):
        assert stored("number") == []


def test_it_shows_field_by_field_what_would_change(acme, owner):
    with tenant_context(acme):
        placed_at = NOON.replace(day=20, hour=11)
        make_order("A1", total="12.50", placed_at=placed_at, customer="<b>Ann</b>")
        make_order("A2", total="3", placed_at=placed_at)
        make_order("C1", status="closed", total="3", placed_at=placed_at)
    content = (
        b"number,customer,placed_at,total,status\n"
        b"A1,<b>Ann</b>,2026-11-20 12:00,12.50,open\n"
        b"A2,Bob,2026-11-20 12:00,4,fulfilled\n"
        b"C1,,2026-11-20 12:00,3,open\n"
        b"N1,Eve,2026-11-20 12:00,5,\n"
    )

    page, _ = look(owner, content)

    preview = page.context["preview"]
    (changed,) = preview.changed
    assert [(str(one.name), str(one.before), str(one.after)) for one in changed.changes] == [
        ("customer", "", "Bob"),
        ("total", "3.00", "4.00"),
        ("status", "open", "fulfilled"),
    ]
    assert [(order.number, order.cells.customer) for order in preview.made] == [("N1", "Eve")]
    assert preview.unchanged == 2  # A1, and C1, which an import does not reopen
    assert f'href="/admin/orders/order/{changed.key}/change/"' in page.text


def test_the_first_of_many_are_shown_and_all_are_counted(acme, owner):
    lines = "".join(f"M{number},2026-11-20 12:00,1\n" for number in range(50))

    page, _ = look(owner, f"number,placed_at,total\n{lines}".encode())

    assert len(page.context["preview"].made) == 20
    assert "50 orders that would be imported (the first 20 are shown)" in page.text


def test_one_click_imports_the_very_file_that_was_looked_at(acme, globex, owner, media):
    _, token = look(owner)

    answer = say_yes(owner, token)

    (record,) = records(acme)
    assert answer.url == f"{PAGE}{record.pk}/change/"
    assert (record.name, record.imported, record.rejected) == ("orders.csv", 2, 2)
    assert record.sha256 == hashlib.sha256(MIXED).hexdigest()
    assert [path.read_bytes() for path in kept(media)] == [MIXED]  # and none that waits
    assert records(globex) == []


def test_a_file_is_imported_by_its_button_once(acme, owner):
    _, token = look(owner)
    say_yes(owner, token)

    again = say_yes(owner, token)

    assert again.status_code == 200
    assert "choose it again" in again.text
    assert len(records(acme)) == 1


@pytest.mark.parametrize("token", ["x", "0" * 48, "../../etc/passwd", "é"])
def test_a_token_that_nobody_was_given_is_refused(acme, owner, token):
    look(owner)

    answer = say_yes(owner, token)

    assert "choose it again" in answer.text
    assert records(acme) == []


def test_a_file_waits_for_whoever_sent_it_alone(acme, globex, owner):
    _, token = look(owner)
    make_user(acme, "bob@acme.test", "manager")

    for stranger in (logged_in("acme", "bob@acme.test"), owner_of("globex"), owner_of("acme")):
        assert "choose it again" in say_yes(stranger, token).text
    assert records(acme) == records(globex) == []
    assert say_yes(owner, token).status_code == 302


def test_a_file_waits_for_an_hour(acme, owner, media, monkeypatch):
    _, token = look(owner)
    later = time.time() + waiting_files.WAITS_SECONDS + 1
    monkeypatch.setattr("orders.waiting_files.time.time", lambda: later)

    assert "choose it again" in say_yes(owner, token).text
    assert records(acme) == kept(media) == []


def test_only_the_last_file_that_was_looked_at_waits(acme, owner, media):
    _, first = look(owner)
    _, second = look(owner, GOOD)

    assert "choose it again" in say_yes(owner, first).text
    assert [path.read_bytes() for path in kept(media)] == [GOOD]
    assert say_yes(owner, second).status_code == 302


def test_a_file_that_nobody_came_back_for_goes_in_the_night(acme, globex, owner, media):
    look(owner)

    with tenant_context(globex):
        forget_old_files(timezone.now() + timedelta(days=1))
    assert len(kept(media)) == 1
    with tenant_context(acme):
        forget_old_files(timezone.now())
        assert len(kept(media)) == 1
        forget_old_files(timezone.now() + timedelta(hours=2))
    assert kept(media) == []


def test_who_may_import_no_more_cannot_do_so_by_a_token(acme, owner, settings):
    _, token = look(owner)
    settings.TENANT_ROLE_PERMISSIONS = {"owner": ["orders.view_orderfile"]}

    assert say_yes(owner, token).status_code == 403
    assert records(acme) == []


NOT_ORDERS = {
    "an empty file": (b"", "orders.csv", "empty"),
    "a web page": (b"<html><script>alert(1)</script></html>", "orders.csv", "no header"),
    "an archive": (b"PK\x03\x04\xff\xfe\x00", "orders.csv", "not UTF-8"),
    "a program": (b"MZ\x90\x00\xff\xff", "orders.csv", "not UTF-8"),
    "another encoding": ("number,placed_at,total,ü".encode("utf-16"), "orders.csv", "not UTF-8"),
    "a workbook": (GOOD, "orders.xlsx", "save it as CSV"),
    "a page by its name": (GOOD, "orders.html", "save it as CSV"),
    "two types at once": (GOOD, "orders.csv.exe", "save it as CSV"),
    "a quote never closed": (GOOD + b'"A3,2026', "orders.csv", "never closed"),
}


@pytest.mark.parametrize(("content", "name", "says"), NOT_ORDERS.values(), ids=NOT_ORDERS)
def test_what_is_no_order_file_is_refused_and_not_kept(acme, owner, media, content, name, says):
    answer = send(owner, content, name)

    assert answer.status_code == 200
    assert says in answer.context["form"].errors["file"][0]
    assert records(acme) == kept(media) == []
    with tenant_context(acme):
        assert not Order.objects.exists()


def test_a_file_that_is_too_large_is_refused(owner, acme, settings):
    settings.ORDER_FILE_MAXIMUM_BYTES = len(GOOD)

    assert "Larger than" in send(owner, GOOD + b"\n").context["form"].errors["file"][0]
    assert send(owner, GOOD).status_code == 302


def test_a_viewer_can_neither_import_nor_download(acme, owner):
    send(owner)
    make_user(acme, "ann@acme.test", "viewer")
    viewer = logged_in("acme", "ann@acme.test")

    assert send(viewer).status_code == 403
    assert viewer.get(PAGE).status_code == 403
    assert viewer.get(f"{PAGE}{records(acme)[0].pk}/download/").status_code == 403


def test_a_manager_imports_and_downloads_what_others_sent(acme, owner):
    send(owner)
    make_user(acme, "bob@acme.test", "manager")
    manager = logged_in("acme", "bob@acme.test")

    answer = manager.get(f"{PAGE}{records(acme)[0].pk}/download/")

    assert b"".join(answer.streaming_content) == GOOD
    assert send(manager).status_code == 302


def test_an_import_is_in_the_audit_log_with_its_counts(acme, owner):
    send(owner, MIXED)

    with tenant_context(acme):
        entry = Entry.objects.filter(model="orders.orderfile").get()
    assert (entry.actor, entry.action, entry.object_repr) == (
        "owner@acme.test",
        "create",
        "orders.csv",
    )
    assert entry.changes["imported"] == [None, 2]
    assert entry.changes["rejected"] == [None, 2]


def test_an_import_by_command_is_told_too_and_no_file_is_kept(acme, order_file, media):
    path = order_file("A1,2026-11-20 12:00,12.50")

    run_import("acme", path, "--dry-run")
    assert records(acme) == []
    run_import("acme", path)

    (record,) = records(acme)
    assert (record.imported, bool(record.file), kept(media)) == (1, False, [])


def test_a_file_goes_with_its_row(acme, owner, media, django_capture_on_commit_callbacks):
    send(owner)
    send(owner, MIXED)
    with django_capture_on_commit_callbacks(execute=True):
        owner.post(f"{PAGE}{records(acme)[0].pk}/delete/", {"post": "yes"})

    assert [path.read_bytes() for path in kept(media)] == [MIXED]


def test_only_owners_delete_files(acme, owner):
    send(owner)
    make_user(acme, "bob@acme.test", "manager")

    manager = logged_in("acme", "bob@acme.test")

    assert manager.get(f"{PAGE}{records(acme)[0].pk}/delete/").status_code == 403


def test_a_large_file_may_take_longer_than_a_page(acme, owner):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '15s'")
        send(owner)
        cursor.execute("SHOW statement_timeout")

        assert cursor.fetchone() == ("0",)


# Retention -----------------------------------------------------------------------------------
@pytest.mark.parametrize(("days", "left"), [(89, 1), (91, 0)])
def test_what_is_too_old_is_deleted(
    acme, owner, media, days, left, django_capture_on_commit_callbacks
):
    send(owner)
    date_back(acme, days)

    for _ in range(2):
        with tenant_context(acme), django_capture_on_commit_callbacks(execute=True):
            forget_old_files(NOON)

    assert (len(records(acme)), len(kept(media))) == (left, left)


def test_one_tenants_old_files_are_not_anothers(acme, globex, owner, media):
    send(owner)
    date_back(acme, 91)

    with tenant_context(globex):
        forget_old_files(timezone.now() + timedelta(days=365))

    assert (len(records(acme)), len(kept(media))) == (1, 1)


def test_a_file_that_no_row_knows_goes_when_it_is_old(acme, owner, media):
    send(owner)
    with tenant_context(acme):
        OrderFile.objects.all()._raw_delete("default")

        forget_old_files(timezone.now())
        assert len(kept(media)) == 1
        forget_old_files(timezone.now() + timedelta(days=91))

    assert kept(media) == []
