"""The list of schedules, what can be done there, and by whom."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from django_celery_beat.models import (
    CrontabSchedule,
    PeriodicTask,
)
from django_tenants.utils import tenant_context

from scheduling.agenda.clock import database_now
from scheduling.agenda.flights import Flights
from scheduling.agenda.limits import decide
from scheduling.agenda.models import Firing
from scheduling.cadence import CrontabCadence
from scheduling.models import Run
from tests.conftest import NOON
from tests.people import do, logged_in, make_user, owner_of, queries_for, told
from tests.scheduling.builders import CLOSING
from tests.scheduling.schedule_pages import LIST, add, change, row_of, rows, seeded, written


@pytest.fixture
def owner(acme):
    return owner_of("acme")


def test_the_list_shows_the_next_slot_on_the_schedules_own_clock(acme, time_machine):
    next_at = CrontabCadence.parse("30 6 * * *", "Asia/Tokyo").next_after(database_now())
    time_machine.move_to(NOON.replace(year=2040))  # the host's clock, which nobody asks
    with tenant_context(acme):
        PeriodicTask.objects.all().delete()
    owner = owner_of("acme")
    add(owner, crontab="30 6 * * *", timezone="Asia/Tokyo")

    page = owner.get(LIST).content.decode()

    assert "Close old orders" in page
    assert "30 6 * * *" in page
    assert "Asia/Tokyo" in page
    local = next_at.astimezone(ZoneInfo("Asia/Tokyo"))
    assert f"{local:%a} {local.day} {local:%b %Y}, 06:30 JST" in page


def test_the_list_says_a_cadence_in_words_and_as_it_is_written(acme, owner):
    written(acme, name="good", crontab="30 18 * * 1-5", timezone="Europe/Berlin")
    written(acme, name="odd", crontab="61 * * * *")

    page = owner.get(LIST).content.decode()

    good = "From Monday to Friday at 18:30 (Europe/Berlin)."
    assert f'{good}<br><code dir="ltr">30 18 * * 1-5</code>' in page
    assert ">61 * * * *<" in page


def test_the_list_shows_how_the_last_run_ended(acme, owner):
    row = seeded(acme)
    with tenant_context(acme):
        for hours, state in ((0, "failed"), (1, "succeeded")):
            Run.objects.create(
                periodic_task_id=row.pk,
                slot_at=NOON + timedelta(hours=hours),
                state=state,
                trigger="schedule",
            )

    assert rows(owner)[row.name].overview["last_state"] == "succeeded"


def test_a_list_of_any_length_takes_the_same_queries(acme, owner):
    before = queries_for(owner, LIST)
    for number in range(15):
        written(acme, name=f"more {number}")

    assert queries_for(owner, LIST) == before


def test_a_schedule_is_paused_and_resumed(acme, globex, owner):
    row = seeded(acme)

    do(owner, "scheduling/schedule", "pause", [row.pk])
    assert not seeded(acme).enabled
    assert rows(owner)[row.name].overview["next_at"] is None
    assert seeded(globex).enabled

    do(owner, "scheduling/schedule", "resume", [row.pk])
    assert seeded(acme).enabled
    assert rows(owner)[row.name].overview["next_at"] > timezone.now()


def test_a_run_by_hand_is_planned_for_this_tenant_alone(acme, globex, owner):
    row = seeded(acme)

    answer = do(owner, "scheduling/schedule", "run_now", [row.pk])

    (firing,) = Firing.objects.filter(trigger="manual")
    assert (firing.tenant, firing.periodic_task_id, firing.task) == (acme, row.pk, CLOSING)
    assert firing.state == "planned"
    assert "runs now" in told(answer)


def test_somebody_who_asks_for_too_many_runs_is_told_to_wait(acme, owner, settings):
    settings.FIRINGS_IN_FLIGHT_MAXIMUM = 1

    do(owner, "scheduling/schedule", "run_now", [seeded(acme).pk])
    other = written(acme, name="other")
    answer = do(owner, "scheduling/schedule", "run_now", [other.pk])

    assert "Too many runs are under way" in told(answer)
    assert Firing.objects.filter(trigger="manual").count() == 1


def test_who_is_overtaken_by_somebody_else_s_run_is_told_to_wait_too(acme, owner, monkeypatch):
    do(owner, "scheduling/schedule", "run_now", [seeded(acme).pk])
    decide(acme, firings_in_flight_maximum=1)
    # What the other one wrote was not there yet when this one looked.
    monkeypatch.setattr(Flights, "room", lambda *_: 1)

    answer = do(owner, "scheduling/schedule", "run_now", [written(acme, name="other").pk])

    assert "Too many runs are under way" in told(answer)
    assert Firing.objects.filter(trigger="manual").count() == 1


def test_a_schedule_in_quarantine_is_not_run_and_says_why(acme, owner):
    row = written(acme, name="odd", crontab="61 * * * *")

    answer = do(owner, "scheduling/schedule", "run_now", [row.pk, seeded(acme).pk])

    assert "odd: minute: 61 is out of range" in told(answer)
    firings = Firing.objects.filter(trigger="manual")
    assert [firing.periodic_task_id for firing in firings] == [seeded(acme).pk]


def test_an_action_is_nothing_by_get(acme, owner):
    owner.get(f"{LIST}?action=run_now&_selected_action={seeded(acme).pk}")

    assert not Firing.objects.filter(trigger="manual").exists()


def test_an_action_without_the_csrf_token_is_refused(acme, owner):
    owner.handler.enforce_csrf_checks = True

    assert do(owner, "scheduling/schedule", "run_now", [seeded(acme).pk]).status_code == 403


def test_a_schedule_is_deleted_and_its_runs_stay(acme, owner):
    row = seeded(acme)
    with tenant_context(acme):
        Run.objects.create(periodic_task_id=row.pk, slot_at=NOON, name="kept", trigger="schedule")

    owner.post(f"{LIST}{row.pk}/delete/", {"post": "yes"})

    with tenant_context(acme):
        assert not PeriodicTask.objects.filter(pk=row.pk).exists()
        assert Run.objects.filter(name="kept").exists()
        assert CrontabSchedule.objects.filter(pk=row.crontab_id).exists()


def test_a_viewer_sees_everything_and_writes_nothing(acme):
    make_user(acme, "viewer@acme.test", role="viewer")
    viewer, row = logged_in("acme", "viewer@acme.test"), seeded(acme)

    assert viewer.get(f"{LIST}{row.pk}/change/").status_code == 200
    assert add(viewer).status_code == 403
    assert change(viewer, row).status_code == 403
    assert viewer.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    for action in ("pause", "run_now", "delete_selected"):
        do(viewer, "scheduling/schedule", action, [row.pk], post="yes")
    assert seeded(acme).enabled
    assert not Firing.objects.filter(trigger="manual").exists()


def test_a_manager_writes_schedules(acme):
    make_user(acme, "manager@acme.test", role="manager")
    manager = logged_in("acme", "manager@acme.test")

    assert add(manager).status_code == 302
    assert row_of(acme, name="Every Monday").enabled
