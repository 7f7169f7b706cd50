"""The part of a schedule's page that says what it would do."""

from datetime import timedelta

import pytest
from django_tenants.utils import tenant_context

from orders.models import Order
from scheduling.agenda.clock import database_now
from scheduling.effect import HEIGHT, preview_of
from tests.orders.builders import make_order
from tests.people import logged_in, make_user, owner_of, queries_for
from tests.scheduling.builders import CLOSING
from tests.scheduling.schedule_pages import LIST, WEEKLY, change, seeded, written

PREVIEW = f"{LIST}preview/"
REPORT = "orders.tasks.make_daily_report"
ASK = {"headers": {"X-Fragment": "effect"}}


@pytest.fixture
def owner(acme, globex):
    return owner_of("acme")


@pytest.fixture
def aged(acme, globex):
    """An order of acme's of 40 days and one of 20, and one of globex's."""
    with tenant_context(acme):
        made = [make_aged("A40", 40, total="1234.50"), make_aged("A20", 20)]
    with tenant_context(globex):
        make_aged("B40", 40)
    return made


def make_aged(number, days, **fields):
    placed_at = database_now() - timedelta(days=days, minutes=1)
    return make_order(number, placed_at=placed_at, status_changed_at=placed_at, **fields)


def page_of(schedule):
    return f"{LIST}{schedule.pk}/change/"


def shown(page):
    """Number, sample and the sum over the days that a page shows."""
    effect = page.context["effect"]
    sample = [(example.cells[0], link) for example, link in page.context["effect_sample"]]
    return effect.effect.number, sample, effect.total


def test_a_schedules_page_says_what_it_would_close(acme, owner, aged):
    page = owner.get(page_of(seeded(acme)))

    link = f"/admin/orders/order/{aged[0].pk}/change/"
    assert shown(page) == (1, [("A40", link)], 1)
    assert f'href="{link}"' in page.text
    assert "<strong>1</strong>, 1,234.50 EUR in all" in page.text
    assert page.text.count("<rect") == 30
    assert ">B40<" not in page.text


def test_values_that_are_not_saved_yet_are_asked_about(acme, owner, aged):
    for days, number in (("10", 2), ("39", 1), ("41", 0)):
        answer = owner.post(PREVIEW, WEEKLY | {"days": days}, **ASK)

        assert shown(answer)[0] == number
        assert "<html" not in answer.text
    with tenant_context(acme):
        assert set(Order.objects.values_list("status", flat=True)) == {"open"}


def test_without_scripts_the_answer_is_a_page(owner, aged):
    answer = owner.post(PREVIEW, WEEKLY | {"days": "10"})

    assert shown(answer)[0] == 2
    assert "<html" in answer.text
    assert "Nothing was stored." in answer.text


def test_the_page_of_a_refused_form_says_what_its_values_would_do(acme, owner, aged):
    page = change(owner, seeded(acme), crontab="never", days="10")

    assert page.status_code == 200
    assert shown(page)[0] == 2


@pytest.mark.parametrize("days", ["", "0", "-1", "x", "1.5", "٣٠", "9" * 400])
def test_a_value_that_cannot_be_is_said_and_breaks_nothing(owner, aged, days):
    answer = owner.post(PREVIEW, WEEKLY | {"days": days}, **ASK)

    assert answer.status_code == 200
    if days != "٣٠":  # which a form of Django's reads as 30
        assert answer.context["effect"].error.startswith("days: ")


@pytest.mark.parametrize("task", [REPORT, "nobody.knows.it", ""])
def test_a_task_that_does_not_say_has_no_figures(owner, aged, task):
    answer = owner.post(PREVIEW, WEEKLY | {"task": task}, **ASK)

    assert answer.status_code == 200
    assert "does not say beforehand" in answer.text


def test_pages_of_tasks_that_do_not_say_have_no_such_part(acme, owner):
    for fields in ({"task": REPORT}, {"task": "nobody.knows.it"}):
        row = written(acme, name=fields["task"], **fields)

        assert 'id="effect"' not in owner.get(page_of(row)).text
    assert 'id="effect"' in owner.get(f"{LIST}add/").text


def test_a_viewer_sees_what_is_stored(acme, owner, aged):
    make_user(acme, "viewer@acme.test", "viewer")
    row = written(acme, name="Soon", kwargs='{"days": 10}')

    page = logged_in("acme", "viewer@acme.test").get(page_of(row))

    assert shown(page)[0] == 2
    assert "formaction" not in page.text


def test_sums_stand_beside_each_other_and_are_not_added(acme, owner, aged):
    with tenant_context(acme):
        make_aged("U40", 40, currency="USD", total="2")

    page = owner.get(page_of(seeded(acme)))

    assert "<strong>2</strong>: 1 of 1,234.50 EUR in all; 1 of 2.00 USD in all" in page.text


def test_the_enter_key_saves(acme, owner):
    """It presses the first button of a form."""
    page = owner.get(page_of(seeded(acme))).text

    assert page.index('name="_save"') < page.index("formaction")


def test_who_may_see_no_orders_gets_no_links(acme, owner, aged, settings):
    settings.TENANT_ROLE_PERMISSIONS = {"owner": ["scheduling.view_schedule"]}

    assert shown(owner.get(page_of(seeded(acme))))[1] == [("A40", None)]


def test_bars_are_as_high_as_their_days(in_acme):
    for number, ago in enumerate((31, 31, 31, 31, 32)):
        make_aged(f"A{number}", ago)

    preview = preview_of(entry(), {"days": 30}, database_now())

    heights = [bar.height for bar in preview.bars if bar.height]
    assert sorted(heights) == [HEIGHT // 4, HEIGHT]
    assert all(bar.y + bar.height == HEIGHT for bar in preview.bars)


def entry():
    from scheduling.catalogue import tenant_catalogue

    return tenant_catalogue()[CLOSING]


def test_many_orders_take_no_more_queries(acme, owner, aged):
    page = page_of(seeded(acme))
    before = queries_for(owner, page)
    with tenant_context(acme):
        for number in range(20):
            make_aged(f"M{number}", 31 + number)

    assert queries_for(owner, page) == before < 30
