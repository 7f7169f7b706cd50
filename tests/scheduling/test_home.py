"""The first page of a tenant's site: is all well, and if not, where is it put right?"""

import pytest
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import schema_context, tenant_context

from scheduling.agenda.clock import database_now
from scheduling.models import Hold
from scheduling.tenant_zone import change_zone
from tests.orders.builders import make_order
from tests.people import logged_in, make_user, owner_of, queries_for
from tests.scheduling.builders import CLOSING, make_alarm, make_periodic_task
from tests.scheduling.schedule_pages import seeded
from tests.scheduling.undoings import DAY, make_run

HOME = "/admin/"


@pytest.fixture
def owner(acme):
    return owner_of("acme")


def attention(client):
    return [(one.text, one.link) for one in client.get(HOME).context["attention"]]


def run_of(tenant, **fields):
    schedule = seeded(tenant)
    with tenant_context(tenant):
        return make_run(periodic_task_id=schedule.pk, **fields)


def make_held_run(periodic_task_id, days_ago=0):
    run = make_run(days_ago, periodic_task_id=periodic_task_id, state="held")
    expires_at = database_now() + DAY
    Hold.objects.create(
        pk=run.pk, periodic_task_id=periodic_task_id, number=200, most=100, expires_at=expires_at
    )
    return run


def test_a_tenant_at_rest_is_told_that_all_is_well(acme, owner):
    page = owner.get(HOME).text

    assert "All is well" in page
    assert "Nothing has run yet." in page
    assert "There were no runs." in page
    assert 'href="/admin/orders/order/"' in page  # Django's own list is still there


def test_the_next_run_is_named_with_its_zone_and_how_far_off_it_is(acme, owner):
    with tenant_context(acme):
        PeriodicTask.objects.all().delete()
        make_periodic_task("later", crontab="0 0 1 1 *", timezone="Asia/Tokyo")
        make_periodic_task("sooner", crontab="* * * * *", timezone="Asia/Tokyo")

    page = owner.get(HOME).text

    assert " JST</time></strong>, in " in page
    assert ": sooner</p>" in page


def test_a_paused_schedule_has_no_next_run(acme, owner):
    with tenant_context(acme):
        PeriodicTask.objects.update(enabled=False)

    page = owner.get(HOME)

    assert page.context["parts"][0].next is None
    assert "no schedule is active" in page.text


def test_the_last_run_tells_what_it_closed(acme, owner):
    run = run_of(acme, closed=37)

    page = owner.get(HOME).text

    assert f'<a href="/admin/scheduling/run/{run.pk}/change/">Close old orders</a>' in page
    assert "It closed <strong>37</strong>." in page
    assert "just now" in page


def test_open_orders_and_those_old_enough_are_counted(acme, globex, owner):
    with tenant_context(acme):
        for number, days in enumerate((1, 40, 50)):
            make_order(f"H{number}", placed_at=database_now() - days * DAY)
        make_order("kept", placed_at=database_now() - 50 * DAY, kept_open=True)
        make_order("done", status="fulfilled")

    page = owner.get(HOME)

    assert "<strong>4</strong> orders are open." in page.text
    (due,) = page.context["parts"][0].figures.due
    assert (due.name, due.number) == ("Close old orders", 2)
    assert "<strong>0</strong> orders are open." in owner_of("globex").get(HOME).text


def test_very_many_open_orders_are_counted_up_to_a_bound(acme, owner, monkeypatch):
    monkeypatch.setattr("orders.home.COUNTED_MAXIMUM", 2)
    with tenant_context(acme):
        for number in range(4):
            make_order(f"M{number}")

    assert "<strong>More than 2</strong> orders are open." in owner.get(HOME).text


def test_a_run_that_failed_last_needs_attention_until_one_is_well(acme, globex, owner):
    run = run_of(acme, state="failed", error="ValueError: no sum", days_ago=1)

    ((text, link),) = attention(owner)
    assert "failed: An unexpected error: no sum" in text
    assert link == f"/admin/scheduling/run/{run.pk}/change/"
    assert attention(owner_of("globex")) == []

    run_of(acme, trigger="retry")
    assert attention(owner) == []


def test_a_missed_run_leads_to_its_schedule(acme, globex, owner):
    schedule = seeded(acme)
    with schema_context("public"):
        make_alarm(acme, schedule.pk, name=schedule.name)
        make_alarm(globex, schedule.pk, name="theirs")

    ((text, link),) = attention(owner)

    assert text.startswith("“Close old orders” should have run for Sun 22 Nov 2026, 13:00 CET")
    assert link == f"/admin/scheduling/schedule/{schedule.pk}/change/"


def test_an_alarm_for_what_failed_is_not_told_twice(acme, owner):
    run = run_of(acme, state="failed")
    with schema_context("public"):
        make_alarm(acme, run.periodic_task_id, reason="failed")

    assert len(attention(owner)) == 1


def test_an_alarm_that_is_over_is_none(acme, owner):
    with schema_context("public"):
        make_alarm(acme, recovered_at=database_now())

    assert attention(owner) == []


def test_a_schedule_that_is_set_aside_says_why(acme, owner):
    with tenant_context(acme):
        row = make_periodic_task("mars", timezone="Mars")

        make_run(periodic_task_id=row.pk, name="mars", state="failed")

    failed, aside = attention(owner)

    assert failed[0].startswith("“mars” of ")
    assert aside[0].startswith("“mars” does not run: ")
    assert aside[1] == f"/admin/scheduling/schedule/{row.pk}/change/"


def test_a_held_run_comes_first(acme, owner):
    run_of(acme, state="failed", days_ago=1)
    with tenant_context(acme):
        held = make_held_run(999)

    assert attention(owner)[0][1] == f"/admin/scheduling/run/{held.pk}/change/"


def test_what_is_asked_about_the_business_time_zone_comes_last(acme, globex, owner):
    run_of(acme, state="failed")
    with tenant_context(acme):
        change_zone(acme, "Asia/Tokyo")
    make_user(acme, "viewer@acme.test", "viewer")

    _failed, (text, link) = attention(owner)

    assert text.startswith("The business time zone was Europe/Berlin and is Asia/Tokyo now")
    assert owner.get(link).status_code == 200
    assert len(attention(logged_in("acme", "viewer@acme.test"))) == 1  # who may not answer
    assert attention(owner_of("globex")) == []


def test_the_strip_is_drawn_and_told_as_a_table_with_links_to_each_days_runs(acme, owner):
    run = run_of(acme, closed=3)

    page = owner.get(HOME)

    assert page.text.count('class="month-bar"') == 30
    assert '<circle class="month-sign"' in page.text
    (link,) = [
        line.split('href="')[1].split('"')[0].replace("&amp;", "&")
        for line in page.text.split("<tr>")
        if "slot_at__gte" in line and "<td>3</td>" in line
    ]
    assert [found.pk for found in owner.get(link).context["cl"].result_list] == [run.pk]


def test_what_takes_a_while_is_remembered_for_a_minute_and_says_so(acme, globex, owner, settings):
    settings.HOME_REMEMBERED_SECONDS = 60
    run_of(acme, closed=3)
    first = owner.get(HOME)

    run_of(acme, closed=4, days_ago=1)
    second = owner.get(HOME)

    figures = [page.context["parts"][0].figures for page in (first, second)]
    assert figures[0].month.closed == figures[1].month.closed == 3
    assert figures[0].as_of == figures[1].as_of
    assert "As of " in second.text
    assert owner_of("globex").get(HOME).context["parts"][0].figures.month.closed == 0


def test_each_part_is_for_those_who_may_see_it(acme, settings):
    settings.TENANT_ROLE_PERMISSIONS = {"viewer": ["orders.view_order"]}
    make_user(acme, "viewer@acme.test", "viewer")
    viewer = logged_in("acme", "viewer@acme.test")

    page = viewer.get(HOME)

    assert [part.template for part in page.context["parts"]] == ["admin/orders/home.html"]
    assert "Next run" not in page.text


def test_the_platforms_site_has_none_of_it(platform_tenant):
    from tests.people import make_staff

    make_staff()

    assert "All is well" not in logged_in("platform", "staff@platform.test").get(HOME).text


def test_more_rows_take_no_more_queries(acme, owner):
    run_of(acme, state="failed")
    with schema_context("public"):
        make_alarm(acme, 999)
    few = queries_for(owner, HOME)

    with tenant_context(acme):
        for number in range(8):
            row = make_periodic_task(f"more {number}", task=CLOSING)
            make_run(periodic_task_id=row.pk, state="failed")
            make_held_run(row.pk, days_ago=1)
    with schema_context("public"):
        for number in range(8):
            make_alarm(acme, 1000 + number)

    assert queries_for(owner, HOME) == few < 30
