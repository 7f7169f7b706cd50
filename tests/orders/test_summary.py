from datetime import UTC, datetime, timedelta

from django.contrib.auth import get_user_model
from django.core import mail
from django_tenants.utils import tenant_context

from orders import tasks
from orders.days import week_until
from orders.tenant import tenant_zone
from tests.conftest import NOON
from tests.orders.builders import make_order

SECOND = timedelta(seconds=1)


def send(slot=NOON):
    tasks.send_weekly_summary.run(slot=slot)
    return mail.outbox


def test_the_week_is_told_to_the_owner_with_totals_of_each_currency(in_acme):
    make_order("A1", total="1000.50")
    make_order("A2", total="0.50", status="cancelled")
    make_order("A3", total="7", currency="USD", status="closed", closed_at=NOON - SECOND)

    [message] = send()

    assert message.to == ["owner@acme.test"]
    assert message.subject == "Acme: your orders of the week"
    assert message.body == (
        "Acme\n"
        "15 Nov 2026, 13:00 to 22 Nov 2026, 13:00\n"
        "\n"
        "Orders placed: 3\n"
        "  1,001.00 EUR\n"
        "  7.00 USD\n"
        "\n"
        "Orders closed: 1\n"
        "  7.00 USD\n"
        "\n"
        "-- \n"
        "Acme\n"
    )


def test_only_what_falls_into_the_week_is_counted(in_acme):
    week = timedelta(days=7)
    long_ago = NOON - timedelta(days=90)
    for number, instant in enumerate((NOON - week - SECOND, NOON - week, NOON - SECOND, NOON)):
        make_order(f"placed {number}", placed_at=instant)
        make_order(f"closed {number}", placed_at=long_ago, status="closed", closed_at=instant)

    [message] = send()

    assert "Orders placed: 2\n" in message.body
    assert "Orders closed: 2\n" in message.body


def test_a_week_with_a_change_of_clocks_begins_at_the_same_time_of_day(in_acme):
    begin, end = week_until(datetime(2026, 10, 26, 11, tzinfo=UTC), tenant_zone())

    assert begin == datetime(2026, 10, 19, 10, tzinfo=UTC)
    assert end - begin == timedelta(days=7, hours=1)


def test_every_active_owner_with_an_address_gets_a_mail_of_their_own(in_acme):
    create = get_user_model().objects.create_user
    create("second@acme.test", role="owner", language="de")
    create("gone@acme.test", role="owner", is_active=False)
    create("manager@acme.test", role="manager")
    create(login_name="nameless", role="owner")

    messages = send()

    assert [message.to for message in messages] == [["owner@acme.test"], ["second@acme.test"]]
    assert "22. November 2026" in messages[1].body


def test_who_does_not_want_it_gets_none(in_acme):
    get_user_model().objects.update(mail_weekly_summary=False)

    assert send() == []


def test_without_owners_nothing_is_sent(in_acme):
    get_user_model().objects.update(is_active=False)

    assert send() == []


def test_the_other_tenant_is_neither_counted_nor_told(globex, in_acme):
    with tenant_context(globex):
        make_order()

    [message] = send()

    assert message.to == ["owner@acme.test"]
    assert "Orders placed: 0\n" in message.body


def test_a_repeat_can_be_told_by_its_id(in_acme):
    first, again, later = send() and send() and send(NOON + timedelta(days=7))

    assert first.extra_headers["Message-ID"] == again.extra_headers["Message-ID"]
    assert first.extra_headers["Message-ID"] != later.extra_headers["Message-ID"]


def test_a_name_with_line_breaks_cannot_add_a_header(in_acme):
    in_acme.name = "Acme\nBcc: all@acme.test"

    [message] = send()

    assert message.message()["Subject"] == "Acme Bcc: all@acme.test: your orders of the week"
    assert message.recipients() == ["owner@acme.test"]
