"""The page on which a tenant says what its runs close."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from orders.models import ClosingRules, Holiday
from tenants.audit.models import Entry
from tests.orders.builders import make_order
from tests.people import errors_of, logged_in, make_user, owner_of, queries_for

LIST = "/admin/orders/closingrules/"
PAGE, EFFECT = f"{LIST}1/change/", f"{LIST}effect/"
ASK = {"headers": {"X-Fragment": "1"}}
FORM = {
    "closes_open": "on",
    "least_total": "",
    "greatest_total": "",
    "currency": "EUR",
    "never_closed": "",
    "holidays-TOTAL_FORMS": "1",
    "holidays-INITIAL_FORMS": "0",
    "holidays-MIN_NUM_FORMS": "0",
    "holidays-MAX_NUM_FORMS": "100",
}


@pytest.fixture
def owner(acme, globex):
    return owner_of("acme")


def rules_of(tenant):
    with tenant_context(tenant):
        return ClosingRules.objects.first()


def aged(tenant, number, days=40, **fields):
    with tenant_context(tenant):
        return make_order(number, placed_at=timezone.now() - timedelta(days=days), **fields)


def test_rules_are_stored_with_holidays_and_said_in_sentences(acme, globex, owner):
    given = {
        "closes_fulfilled": "on",
        "least_total": "10",
        "greatest_total": "1500.50",
        "never_closed": " Ann \n\nann\nBob ",
        "holidays-0-day": "2026-12-25",
        "holidays-0-every_year": "on",
        "holidays-0-name": "Christmas",
    }

    answer = owner.post(PAGE, FORM | given)

    assert answer.url == PAGE
    page = owner.get(answer.url)
    assert page.context["told"] == [
        "A run closes old orders that are open or fulfilled.",
        "Only orders from 10.00 to 1,500.50 EUR are closed.",
        "Orders in any other currency than EUR are left alone.",
        "Orders of 2 customers are never closed by a run.",
        "On 1 holiday nothing is closed.",
    ]
    assert rules_of(acme).never_closed == "ann\nBob"
    assert rules_of(globex) is None


def test_as_long_as_nothing_is_stored_the_page_says_what_holds(acme, owner):
    page = owner.get(PAGE)

    assert page.context["told"] == ["A run closes old orders that are open."]
    assert 'value="EUR"' in page.text
    assert rules_of(acme) is None
    assert owner.get(LIST).url == PAGE


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"closes_open": ""}, "closes_open"),
        ({"least_total": "-1"}, "least_total"),
        ({"least_total": "NaN"}, "least_total"),
        ({"least_total": "1e400"}, "least_total"),
        ({"greatest_total": "1,5x"}, "greatest_total"),
        ({"least_total": "2", "greatest_total": "1"}, "greatest_total"),
        ({"least_total": "1", "currency": "euro"}, "currency"),
        ({"least_total": "1", "currency": "eur"}, "currency"),
        ({"never_closed": "x" * 201}, "never_closed"),
        ({"never_closed": "\n".join(map(str, range(20_000)))}, "never_closed"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(acme, owner, given, field):
    answer = owner.post(PAGE, FORM | given)

    assert answer.status_code == 200
    assert field in errors_of(answer)
    assert rules_of(acme) is None


@pytest.mark.parametrize("day", ["31.02.2026", "2026-02-31", "1066-10-14", "9999-01-01", "x"])
def test_a_holiday_that_cannot_be_is_refused(acme, owner, day):
    answer = owner.post(PAGE, FORM | {"holidays-0-day": day})

    assert answer.status_code == 200
    (formset,) = answer.context["inline_admin_formsets"]
    assert "day" in formset.formset.errors[0]
    assert rules_of(acme) is None


def test_a_day_is_a_holiday_once(acme, owner):
    given = {"holidays-TOTAL_FORMS": "2"}
    given |= {f"holidays-{number}-day": "2026-12-25" for number in (0, 1)}

    assert owner.post(PAGE, FORM | given).status_code == 200

    with tenant_context(acme):
        assert not Holiday.objects.exists()


def test_totals_without_a_currency_are_in_the_tenants(acme, owner):
    owner.post(PAGE, FORM | {"least_total": "5", "currency": ""})

    assert rules_of(acme).currency == "EUR"


def test_changes_are_in_the_audit_log(acme, owner):
    owner.post(PAGE, FORM | {"least_total": "5", "holidays-0-day": "2026-12-25"})
    owner.post(PAGE, FORM | {"least_total": "6", "never_closed": "Ann"})

    with tenant_context(acme):
        changes = Entry.objects.filter(model="orders.closingrules").order_by("pk")
        assert [entry.changes.get("least_total") for entry in changes] == [
            [None, "5"],
            ["5.00", "6"],
        ]
        assert changes[1].changes["never_closed"] == ["", "Ann"]
        assert Entry.objects.get(model="orders.holiday").changes["day"] == [None, "2026-12-25"]


def test_a_manager_changes_them_and_a_viewer_reads_them(acme, owner):
    make_user(acme, "bob@acme.test", "manager")
    make_user(acme, "ann@acme.test", "viewer")
    viewer = logged_in("acme", "ann@acme.test")

    assert logged_in("acme", "bob@acme.test").post(PAGE, FORM).status_code == 302
    page = viewer.get(PAGE)
    refused = viewer.post(PAGE, FORM | {"closes_fulfilled": "on"})

    assert "A run closes old orders that are open." in page.text
    assert "_save" not in page.text
    assert refused.status_code == 403
    assert not rules_of(acme).closes_fulfilled


def test_there_is_no_second_row_and_none_to_delete(acme, owner):
    for path in ("add/", "1/delete/", "2/change/"):
        assert owner.post(f"{LIST}{path}", {"post": "yes"}).status_code in {302, 403, 404}

    assert rules_of(acme) is None


def test_the_page_says_what_would_be_closed_now(acme, globex, owner):
    order = aged(acme, "A40", total="12.50")
    aged(acme, "A20", days=20)
    aged(globex, "B40")

    page = owner.get(PAGE)

    assert page.context["effect"].number == 1
    assert f'href="/admin/orders/order/{order.pk}/change/"' in page.text
    assert "12.50 EUR in all" in page.text
    assert ">B40<" not in page.text


def test_values_that_are_not_saved_are_asked_about(acme, owner):
    aged(acme, "A40")
    aged(acme, "F40", status="fulfilled", total="99")

    for given, number in (
        ({}, 1),
        ({"closes_fulfilled": "on"}, 2),
        ({"closes_fulfilled": "on", "least_total": "50"}, 1),
        ({"days": "50"}, 0),
    ):
        answer = owner.post(EFFECT, FORM | {"days": "30"} | given, **ASK)
        assert answer.context["effect"].number == number
        assert "<html" not in answer.text
    assert rules_of(acme) is None


def test_without_scripts_the_answer_is_a_page(owner):
    answer = owner.post(EFFECT, FORM | {"days": "30"})

    assert "Nothing was stored." in answer.text


@pytest.mark.parametrize(
    "given", [{"days": "0"}, {"days": "x"}, {"least_total": "x"}, {"days": ""}]
)
def test_values_that_cannot_be_are_said_and_break_nothing(owner, given):
    answer = owner.post(EFFECT, FORM | {"days": "30"} | given, **ASK)

    assert answer.status_code == 200
    assert answer.context["effect_errors"]


def test_who_may_not_see_the_rules_is_told_nothing(acme, owner, settings):
    settings.TENANT_ROLE_PERMISSIONS = {"owner": ["orders.view_order"]}

    assert owner.get(PAGE).status_code == 403
    assert owner.post(EFFECT, FORM | {"days": "30"}).status_code == 403


def test_it_is_asked_by_a_form(owner):
    assert owner.get(EFFECT).status_code == 405


def test_the_enter_key_saves(owner):
    """It presses the first button of a form."""
    page = owner.get(PAGE).text

    assert page.index('name="_save"') < page.index("formaction")


def test_many_holidays_take_no_more_queries(acme, owner):
    with tenant_context(acme):
        ClosingRules(pk=1).save()
        Holiday.objects.create(day=date(2026, 1, 1))
    before = queries_for(owner, PAGE)
    with tenant_context(acme):
        for day in range(2, 30):
            Holiday.objects.create(day=date(2026, 1, day))

    assert queries_for(owner, PAGE) == before < 30


# Too many ------------------------------------------------------------------------------------------
def days(number, since=date(2030, 1, 1)):
    """Return the fields of so many new holidays."""
    given = {"holidays-TOTAL_FORMS": str(number)}
    return given | {
        f"holidays-{place}-day": str(since + timedelta(days=place)) for place in range(number)
    }


def holidays_of(tenant):
    with tenant_context(tenant):
        return Holiday.objects.count()


def test_more_holidays_than_there_may_be_are_refused_at_once_and_bit_by_bit(acme, owner):
    assert owner.post(PAGE, FORM | days(101)).status_code == 200
    assert holidays_of(acme) == 0

    assert owner.post(PAGE, FORM | days(100)).status_code == 302
    answer = owner.post(PAGE, FORM | days(1, date(2031, 1, 1)))

    assert "There may be 100 holidays: remove some first." in answer.text
    assert holidays_of(acme) == 100


def test_a_holiday_takes_the_place_of_one_that_is_removed(acme, owner):
    owner.post(PAGE, FORM | days(99))
    with tenant_context(acme):
        Holiday.objects.create(day=date(2029, 1, 1))
        first = Holiday.objects.first()
    given = {"holidays-TOTAL_FORMS": "2", "holidays-INITIAL_FORMS": "1"}
    given |= {"holidays-0-id": str(first.pk), "holidays-0-day": str(first.day)}
    given |= {"holidays-0-DELETE": "on", "holidays-1-day": "2031-01-01"}

    assert owner.post(PAGE, FORM | given).status_code == 302
    assert holidays_of(acme) == 100


def test_of_more_holidays_that_sql_wrote_the_page_shows_the_first(acme, owner):
    with tenant_context(acme):
        rules = ClosingRules.objects.create(pk=1)
        Holiday.objects.bulk_create(
            Holiday(rules=rules, day=date(2030, 1, 1) + timedelta(days=place))
            for place in range(300)
        )

    assert owner.get(PAGE).text.count('type="date"') == 101


def test_who_claims_to_send_very_many_forms_gets_no_page_of_them(owner):
    answer = owner.post(PAGE, FORM | {"holidays-TOTAL_FORMS": "100000"})

    assert answer.status_code == 200
    assert answer.text.count('type="date"') <= 102
