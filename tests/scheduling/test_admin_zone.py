"""The page of the business time zone in a tenant's admin."""

import pytest
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import tenant_context

from tenants.models import Tenant
from tests.conftest import tenant
from tests.people import logged_in, make_user, owner_of, queries_for, told
from tests.scheduling.schedule_pages import LIST, crontab_of, seeded, written

ZONE = f"{LIST}zone/"
TOKYO, BERLIN = "Asia/Tokyo", "Europe/Berlin"
NOTICE = "some schedules still go by the old clocks"


@pytest.fixture
def owner(acme, globex):
    return owner_of("acme")


def change_zone(client, zone=TOKYO):
    return client.post(ZONE, {"timezone": zone})


def say(client, *rows, zone=TOKYO):
    return client.post(ZONE, {"answer": zone, "follows": [row.pk for row in rows]})


def zone_of(row):
    return crontab_of(row)[1]


def test_an_owner_changes_the_zone_and_says_which_schedules_follow(acme, globex, owner):
    night = written(acme, name="night", crontab="30 3 * * *", timezone=BERLIN)
    assert ZONE in owner.get(LIST).text

    answer = change_zone(owner)
    assert answer["Location"] == ZONE
    assert f"is {TOKYO} now" in told(answer)
    assert tenant(slug="acme").timezone == TOKYO

    page = owner.get(ZONE).text
    assert "night (30 3 * * *)" in page
    assert "03:30 CET" in page or "03:30 CEST" in page  # as the season is
    assert "03:30 JST" in page
    assert zone_of(seeded(acme)) == BERLIN

    answer = say(owner, seeded(acme))
    assert answer["Location"] == LIST
    assert "1 schedule follows" in told(answer)
    assert zone_of(seeded(acme)) == TOKYO
    with tenant_context(acme):
        assert str(PeriodicTask.objects.get(pk=night.pk).crontab.timezone) == BERLIN
    assert zone_of(seeded(globex)) == "America/New_York"


def test_when_staff_changed_it_the_list_of_schedules_asks_until_it_is_answered(acme, owner):
    assert NOTICE not in owner.get(LIST).text
    Tenant.objects.filter(slug="acme").update(timezone=TOKYO)
    assert NOTICE in owner.get(LIST).text

    assert "All schedules stay" in told(say(owner))

    assert NOTICE not in owner.get(LIST).text
    assert "Which schedules follow?" not in owner.get(ZONE).text


def test_answered_twice_or_about_another_zone_it_is_told_so(acme, owner):
    change_zone(owner)
    assert "changed again" in told(say(owner, zone="Asia/Seoul"))
    say(owner)

    assert "answered already" in told(say(owner, seeded(acme)))
    assert zone_of(seeded(acme)) == BERLIN


@pytest.mark.parametrize("forged", ["x", "-1", "9" * 40, "²", "1.5"])
def test_a_forged_schedule_follows_nowhere(acme, owner, forged):
    change_zone(owner)

    answer = owner.post(ZONE, {"answer": TOKYO, "follows": [forged]})

    assert answer.status_code == 302
    assert zone_of(seeded(acme)) == BERLIN


@pytest.mark.parametrize("zone", ["Mars", "", "localtime"])
def test_what_is_no_zone_is_told_at_its_field(acme, owner, zone):
    answer = change_zone(owner, zone)

    assert list(answer.context["form"].errors) == ["timezone"]
    assert tenant(slug="acme").timezone == BERLIN


def test_a_manager_answers_and_changes_no_zone(acme, owner):
    make_user(acme, "manager@acme.test", role="manager")
    manager = logged_in("acme", "manager@acme.test")

    assert "An owner can change it" in manager.get(ZONE).text
    assert change_zone(manager).status_code == 403
    change_zone(owner)
    assert NOTICE in manager.get(LIST).text
    say(manager, seeded(acme))

    assert zone_of(seeded(acme)) == TOKYO


def test_a_viewer_is_asked_nothing(acme, owner):
    make_user(acme, "viewer@acme.test", role="viewer")
    viewer = logged_in("acme", "viewer@acme.test")
    change_zone(owner)

    assert NOTICE not in viewer.get(LIST).text
    assert ZONE not in viewer.get(LIST).text
    assert viewer.get(ZONE).status_code == say(viewer).status_code == 403
    assert change_zone(viewer, "UTC").status_code == 403


def test_without_the_csrf_token_nothing_changes(acme, owner):
    owner.handler.enforce_csrf_checks = True

    assert change_zone(owner).status_code == 403
    assert tenant(slug="acme").timezone == BERLIN


def test_the_page_takes_no_more_queries_for_more_schedules(acme, owner):
    change_zone(owner)
    before = queries_for(owner, ZONE)
    Tenant.objects.filter(slug="acme").update(timezone=BERLIN)
    for number in range(10):
        written(acme, name=f"more {number}", timezone=BERLIN)
    Tenant.objects.filter(slug="acme").update(timezone=TOKYO)

    assert queries_for(owner, ZONE) <= before < 30
