"""Pausing and resuming a schedule on its pages: why, until when, by whom."""

from datetime import UTC, datetime, timedelta

import pytest
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import tenant_context

from scheduling.agenda.clock import database_now
from scheduling.models import Pause
from tests.people import do, logged_in, make_user, owner_of, queries_for, told
from tests.scheduling.schedule_pages import LIST, rows, seeded, written

FAR = datetime.now(UTC).year + 1


@pytest.fixture
def owner(acme, globex):
    return owner_of("acme")


def page_of(row):
    return f"{LIST}{row.pk}/change/"


def pause_of(row):
    return f"{LIST}{row.pk}/pause/"


def resume_of(row):
    return f"{LIST}{row.pk}/resume/"


def pause_in(tenant):
    with tenant_context(tenant):
        return Pause.objects.get()


def test_a_schedule_is_paused_with_a_reason_until_a_date_on_its_own_clocks(acme, globex, owner):
    """acme's is Berlin; its winter time is an hour ahead of UTC."""
    row = seeded(acme)
    assert "On the clocks of Europe/Berlin" in owner.get(pause_of(row)).text

    answer = owner.post(pause_of(row), {"reason": "stocktaking", "until": f"{FAR}-01-15T18:30"})

    assert answer["Location"] == page_of(row)
    assert "is paused" in told(answer)
    known = pause_in(acme)
    assert (known.by, known.reason) == ("owner@acme.test", "stocktaking")
    assert known.until_at == datetime(FAR, 1, 15, 17, 30, tzinfo=UTC)
    assert not seeded(acme).enabled
    assert seeded(globex).enabled


def test_who_why_and_until_when_is_shown_and_no_next_slot(acme, owner):
    row = seeded(acme)
    owner.post(pause_of(row), {"reason": "<b>sale</b>", "until": f"{FAR}-01-15T18:30"})

    listed = owner.get(LIST).text
    page = owner.get(page_of(row)).text

    for text in (listed, page):
        assert "Paused by owner@acme.test since" in text
        assert f"15 Jan {FAR}, 18:30 CET" in text
        assert "Reason: &lt;b&gt;sale&lt;/b&gt;" in text
    assert rows(owner)[row.name].overview["next_at"] is None
    assert resume_of(row) in page


def test_it_may_be_paused_without_saying_anything(acme, owner):
    row = seeded(acme)

    owner.post(pause_of(row), {"reason": "", "until": ""})

    assert (pause_in(acme).until_at, pause_in(acme).reason) == (None, "")


def test_a_pause_is_changed_on_the_same_page(acme, owner):
    row = seeded(acme)
    owner.post(pause_of(row), {"reason": "sale", "until": f"{FAR}-01-15T18:30"})

    page = owner.get(pause_of(row)).text
    assert f'value="{FAR}-01-15T18:30"' in page
    assert 'value="sale"' in page
    owner.post(pause_of(row), {"reason": "long sale", "until": ""})

    assert (pause_in(acme).until_at, pause_in(acme).reason) == (None, "long sale")


def test_it_is_resumed_after_saying_with_which_slot(acme, globex, owner):
    row = seeded(acme)
    owner.post(pause_of(row), {})

    assert "goes on with its next slot, " in owner.get(resume_of(row)).text
    assert not seeded(acme).enabled

    assert "goes on with its next slot" in told(owner.post(resume_of(row)))
    assert seeded(acme).enabled
    assert "Paused by" not in owner.get(page_of(row)).text
    assert pause_of(row) in owner.get(page_of(row)).text


def test_resumed_twice_it_is_told_so(acme, owner):
    row = seeded(acme)

    for answer in (owner.get(resume_of(row)), owner.post(resume_of(row))):
        assert answer["Location"] == page_of(row)
        assert "is not paused" in told(answer)


@pytest.mark.parametrize(
    ("until", "why"),
    [
        ("2020-01-01T00:00", "This time is past"),
        ("9999-12-31T23:59", "more than 5 years away"),
        ("tomorrow", "Enter a valid date/time."),
        ("0001-01-01T00:00", "This time is past"),
        (f"{FAR}-02-31T00:00", "Enter a valid date/time."),
    ],
)
def test_an_end_that_is_none_is_told_at_its_field(acme, owner, until, why):
    answer = owner.post(pause_of(seeded(acme)), {"until": until, "reason": "kept"})

    assert answer.status_code == 200
    assert why in str(answer.context["form"].errors["until"])
    assert list(answer.context["form"].errors) == ["until"]
    assert 'value="kept"' in answer.text
    assert seeded(acme).enabled


def test_a_time_that_the_clocks_skip_is_told_at_its_field(acme, owner):
    (sunday,) = [day for day in range(25, 32) if datetime(FAR, 3, day, tzinfo=UTC).weekday() == 6]

    answer = owner.post(pause_of(seeded(acme)), {"until": f"{FAR}-03-{sunday}T02:30"})

    assert "may not exist" in str(answer.context["form"].errors["until"])


def test_a_reason_that_is_too_long_is_told_at_its_field(acme, owner):
    answer = owner.post(pause_of(seeded(acme)), {"reason": "x" * 301})

    assert list(answer.context["form"].errors) == ["reason"]


def test_a_row_of_a_zone_that_does_not_exist_is_paused_on_the_tenants_clocks(acme, owner):
    odd = written(acme, name="odd", timezone="Mars")

    assert "On the clocks of Europe/Berlin" in owner.get(pause_of(odd)).text
    owner.post(pause_of(odd), {"until": f"{FAR}-01-15T18:30"})

    assert owner.get(LIST).status_code == owner.get(page_of(odd)).status_code == 200
    assert "It has no next slot" in owner.get(resume_of(odd)).text


def test_a_schedule_that_sql_paused_is_shown_and_resumed(acme, owner):
    row = seeded(acme)
    with tenant_context(acme):
        PeriodicTask.objects.filter(pk=row.pk).update(enabled=False)

    assert "Paused." in owner.get(page_of(row)).text
    assert "Paused by" not in owner.get(LIST).text
    owner.post(resume_of(row))

    assert seeded(acme).enabled


def test_after_its_end_it_is_shown_as_going_before_a_worker_wrote_that(acme, owner):
    row = seeded(acme)
    owner.post(pause_of(row), {})
    with tenant_context(acme):
        Pause.objects.update(until_at=database_now() - timedelta(seconds=1))

    assert rows(owner)[row.name].overview["next_at"]
    assert "Paused" not in owner.get(page_of(row)).text.replace("Paused schedules", "")


def test_a_deleted_schedule_is_told_to_be_gone(acme, owner):
    row = seeded(acme)
    owner.post(f"{LIST}{row.pk}/delete/", {"post": "yes"})

    for address in (pause_of(row), resume_of(row)):
        assert "somebody has deleted it" in told(owner.post(address))


def test_the_list_pauses_many_at_once(acme, owner):
    other = written(acme, name="other")

    do(owner, "scheduling/schedule", "pause", [seeded(acme).pk, other.pk])

    with tenant_context(acme):
        assert {pause.by for pause in Pause.objects.all()} == {"owner@acme.test"}
        assert not PeriodicTask.objects.filter(pk__in=[seeded(acme).pk, other.pk], enabled=True)


def test_the_list_leaves_a_pause_as_it_is(acme, owner):
    owner.post(pause_of(seeded(acme)), {"reason": "sale", "until": f"{FAR}-01-15T18:30"})

    answer = do(owner, "scheduling/schedule", "pause", [seeded(acme).pk])

    assert "paused already" in told(answer)
    assert (pause_in(acme).reason, bool(pause_in(acme).until_at)) == ("sale", True)


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("manager", 302)])
def test_managers_pause_and_viewers_see(acme, owner, role, status):
    make_user(acme, f"{role}@acme.test", role=role)
    person, row = logged_in("acme", f"{role}@acme.test"), seeded(acme)

    assert (pause_of(row) in person.get(page_of(row)).text) == (role == "manager")
    assert person.post(pause_of(row), {}).status_code == status
    assert seeded(acme).enabled == (role == "viewer")
    owner.post(pause_of(row), {"reason": "seen by all"})
    assert "seen by all" in person.get(page_of(row)).text
    assert person.post(resume_of(row)).status_code == status


def test_without_the_csrf_token_nothing_is_paused(acme, owner):
    owner.handler.enforce_csrf_checks = True

    assert owner.post(pause_of(seeded(acme)), {}).status_code == 403
    assert seeded(acme).enabled


def test_another_tenants_schedule_is_none(acme, globex, owner):
    row = written(globex, name="theirs", pk=987)

    assert "somebody has deleted it" in told(owner.post(pause_of(row), {}))
    assert seeded(globex).enabled


def test_a_list_of_paused_schedules_takes_no_more_queries_for_more_of_them(acme, owner):
    do(owner, "scheduling/schedule", "pause", [seeded(acme).pk])
    before = queries_for(owner, LIST)
    more = [written(acme, name=f"more {number}").pk for number in range(10)]
    do(owner, "scheduling/schedule", "pause", more)

    assert queries_for(owner, LIST) == before < 30
