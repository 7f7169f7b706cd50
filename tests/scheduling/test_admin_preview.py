"""The part of a schedule's page that says when it will run."""

from zoneinfo import ZoneInfo

import pytest

from scheduling.agenda.clock import database_now
from scheduling.cadence import CrontabCadence
from tests.people import errors_of, logged_in, make_user, owner_of, queries_for
from tests.scheduling.schedule_pages import LIST, WEEKLY, add, crontab_of, row_of, seeded, written

PREVIEW = f"{LIST}preview/"
BOTH, CADENCE = ({"headers": {"X-Fragment": parts}} for parts in ("cadence effect", "cadence"))
DAILY = {"preset": "daily", "at_time": "18:30", "timezone": "Europe/Berlin"}


@pytest.fixture
def owner(acme, globex):
    return owner_of("acme")


def page_of(schedule):
    return f"{LIST}{schedule.pk}/change/"


def preview(client, fields, **headers):
    return client.post(PREVIEW, fields, **(headers or CADENCE))


def errors_in(answer):
    return {place: str(message) for place, _label, message in answer.context["foresight"].errors}


def test_it_lists_what_next_after_says_for_beat(owner):
    cadence = CrontabCadence.parse("30 18 * * 1-5", "Asia/Tokyo")
    slots = [cadence.next_after(database_now())]
    while len(slots) < 6:
        slots.append(cadence.next_after(slots[-1]))

    answer = preview(owner, {"crontab": "30 18 * * 1-5", "timezone": "Asia/Tokyo"})

    assert [slot.at for slot in answer.context["foresight"].slots] == slots
    local = slots[0].astimezone(ZoneInfo("Asia/Tokyo"))
    assert f"{local:%a} {local.day} {local:%b %Y}, 18:30 JST" in answer.text
    assert "From Monday to Friday at 18:30 (Asia/Tokyo)." in answer.text
    assert "<html" not in answer.text


def test_times_stand_in_the_viewers_zone_where_that_is_another(acme, owner):
    make_user(acme, "far@acme.test", "owner", timezone="Asia/Tokyo")
    far = logged_in("acme", "far@acme.test")

    assert " JST" not in preview(owner, DAILY).text
    answer = preview(far, DAILY)
    assert "For you (Asia/Tokyo)" in answer.text
    assert answer.text.count("JST") == 6


def test_one_question_is_answered_for_both_parts_or_the_one_asked_for(owner):
    both, one = owner.post(PREVIEW, WEEKLY, **BOTH), owner.post(PREVIEW, WEEKLY, **CADENCE)

    assert 'data-part="cadence"' in both.text
    assert 'data-part="effect"' in both.text
    assert "old enough" in both.text or both.context["effect"] is not None
    assert 'data-part="effect"' not in one.text


def test_without_scripts_the_answer_is_a_page(owner):
    answer = owner.post(PREVIEW, WEEKLY)

    assert "<html" in answer.text
    assert "Every Monday at 06:30 (Europe/Berlin)." in answer.text
    assert "Nothing was stored." in answer.text


def test_the_page_itself_says_it_before_anything_is_typed(acme, owner):
    row = written(acme, name="Evening", crontab="30 18 * * 1-5", timezone="Europe/Berlin")

    page = owner.get(page_of(row))

    assert "From Monday to Friday at 18:30 (Europe/Berlin)." in page.text
    assert page.context["adminform"].form["preset"].value() == "weekdays"
    assert 'id="cadence"' in owner.get(f"{LIST}add/").text


def test_a_viewer_sees_what_is_stored_and_is_offered_nothing(acme, owner):
    make_user(acme, "viewer@acme.test", "viewer")
    row = written(acme, name="Evening", crontab="30 18 * * 1-5", timezone="Europe/Berlin")

    page = logged_in("acme", "viewer@acme.test").get(page_of(row))

    assert "From Monday to Friday at 18:30 (Europe/Berlin)." in page.text
    assert "data-fill" not in page.text


def test_who_may_see_no_schedules_gets_nothing(owner, settings):
    settings.TENANT_ROLE_PERMISSIONS = {"owner": ["orders.view_order"]}

    assert preview(owner, DAILY).status_code == 403


def test_it_is_asked_by_a_form_and_stores_nothing(acme, owner):
    before = crontab_of(seeded(acme))

    assert owner.get(PREVIEW).status_code == 405
    preview(owner, DAILY)
    assert crontab_of(seeded(acme)) == before


@pytest.mark.parametrize("number", ["", "0", "-1", "x", "9" * 30, "1' OR 1"])
def test_a_made_up_number_of_a_schedule_breaks_nothing(owner, number):
    answer = owner.post(f"{PREVIEW}?schedule={number}&task=x", DAILY | {"spread_minutes": "10"})

    assert answer.status_code == 200


def test_a_spread_is_said_and_where_it_is_known_when_it_starts(acme, owner):
    new = preview(owner, DAILY | {"spread_minutes": "10"})
    stored = owner.post(
        f"{PREVIEW}?schedule={seeded(acme).pk}", DAILY | {"spread_minutes": "10"}, **CADENCE
    )

    assert "within 10 minutes after each of these times" in new.text
    assert "Starts at" not in new.text
    assert "Starts at" in stored.text


def test_a_schedule_that_is_not_enabled_is_said_not_to_run(acme, owner):
    row = written(acme, name="Idle", enabled=False)
    says = "until it is, it does not run at all"

    assert says in owner.get(page_of(row)).text
    assert says in preview(owner, DAILY).text
    assert says not in preview(owner, DAILY | {"enabled": "on"}).text


def test_both_days_are_told_to_have_to_match(owner):
    answer = preview(owner, {"crontab": "0 3 1 * 1", "timezone": "UTC"})

    assert "It runs only when both match" in answer.text


def test_what_a_change_of_clocks_does_is_told_by_the_policy_chosen(owner):
    fields = {"crontab": "30 2 * * *", "timezone": "Europe/Berlin"}

    assert "instead." in preview(owner, fields).text
    assert "does not run then" in preview(owner, fields | {"gap": "skip"}).text


def test_what_comes_never_is_an_error_at_the_field(acme, owner):
    never = {"crontab": "30 2 29 3 0", "timezone": "Europe/Berlin", "gap": "skip"}

    assert errors_in(preview(owner, never)) == {
        "id_crontab": "This never comes: choose another cadence."
    }
    assert list(errors_of(add(owner, **never))) == ["crontab"]


def test_what_is_not_allowed_is_an_error_at_the_field(acme, owner, settings):
    settings.LEAST_INTERVAL_SECONDS = 3600

    every = preview(owner, {"preset": "minutes", "every_minutes": "*/15", "timezone": "UTC"})
    typed = preview(owner, {"crontab": "*/15 * * * *", "timezone": "UTC"})

    says = "fires too often; leave 3600 seconds between two slots"
    assert errors_in(every) == {"id_every_minutes": says}
    assert errors_in(typed) == {"id_crontab": says}


#: Field, what it is sent with, and what is said; or the crontab that is understood.
BAD = [
    ("crontab", {"crontab": "1,,2 * * * *"}, "minute: an item between commas is empty"),
    ("crontab", {"crontab": "-5 * * * *"}, "minute: '-5' is not understood"),
    ("crontab", {"crontab": "*/0 * * * *"}, "minute: '*/0' is not a step"),
    ("crontab", {"crontab": "0 0 31 2 *"}, "day of month: day 31 never comes in February"),
    ("crontab", {"crontab": "٣ * * * *"}, "minute: '٣' is not understood"),
    ("crontab", {"crontab": "0 0 * * 8"}, "day of week: 8 is out of range"),
    ("crontab", {"crontab": f"{','.join(['1'] * 121)} * * * *"}, "minute: the field has 241"),
    ("crontab", {"crontab": "0 0 * * * *"}, "6 fields; use five"),
    ("crontab", {"crontab": ""}, "required"),
    ("crontab", {"crontab": "   "}, "required"),
    ("timezone", {"timezone": "Mars/Olympus"}, "not one of the available"),
    ("timezone", {"timezone": ""}, "required"),
    ("preset", {"preset": "sometimes"}, "not one of the available"),
    ("at_time", {"preset": "daily", "at_time": "25:00"}, "valid time"),
    ("at_time", {"preset": "daily", "at_time": ""}, "required"),
    ("at_minute", {"preset": "hourly", "at_minute": "60"}, "less than or equal to 59"),
    ("at_minute", {"preset": "hourly"}, "required"),
    ("on_day", {"preset": "monthly", "at_time": "3:00", "on_day": "32"}, "equal to 31"),
    ("on_weekdays", {"preset": "weekly", "at_time": "3:00", "on_weekdays": ["7"]}, "available"),
    ("on_weekdays", {"preset": "weekly", "at_time": "3:00"}, "required"),
    ("every_minutes", {"preset": "minutes", "every_minutes": "*/7"}, "available"),
]


@pytest.mark.parametrize(("field", "wrong", "says"), BAD)
def test_what_cannot_be_is_told_at_its_field_in_form_and_preview(acme, owner, field, wrong, says):
    told = errors_in(preview(owner, WEEKLY | wrong))
    saved = errors_of(add(owner, **wrong))

    place = "id_preset_0" if field == "preset" else f"id_{field}"
    assert [name.removesuffix("_0") for name in told] == [place.removesuffix("_0")]
    assert list(saved) == [field]
    assert says in next(iter(told.values()))
    assert says in saved[field]


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"crontab": "30 6 * * 7"}, "30 6 * * 7"),
        ({"crontab": "0 22-2 * * *"}, "0 22-2 * * *"),
        ({"crontab": "0 6 * jan-mar mon"}, "0 6 * jan-mar mon"),
        ({"crontab": f"{','.join(['1'] * 120)} * * * *"}, f"{','.join(['1'] * 120)} * * * *"),
        ({"crontab": "  30  6 * * 1 "}, "30 6 * * 1"),
        ({"preset": "minutes", "every_minutes": "*/15"}, "*/15 * * * *"),
        ({"preset": "hourly", "at_minute": "٣"}, "3 * * * *"),
        ({"preset": "daily", "at_time": "18:30"}, "30 18 * * *"),
        ({"preset": "weekdays", "at_time": "18:30", "crontab": "nonsense"}, "30 18 * * 1-5"),
        ({"preset": "weekly", "at_time": "0:00", "on_weekdays": ["5", "1"]}, "0 0 * * 1,5"),
        ({"preset": "monthly", "at_time": "3:05", "on_day": "31"}, "5 3 31 * *"),
        ({"preset": "daily", "at_time": "18:30", "on_day": "99", "at_minute": "x"}, "30 18 * * *"),
    ],
)
def test_what_can_be_is_stored_with_the_right_meaning(acme, owner, given, stored):
    assert not errors_in(preview(owner, WEEKLY | given))
    assert add(owner, **given).status_code == 302

    row = row_of(acme, name="Every Monday")
    assert crontab_of(row) == (stored, "Europe/Berlin")
    page = owner.get(page_of(row))
    assert page.context["foresight"].slots


@pytest.mark.parametrize(
    ("changed", "stored"),
    [
        ({"crontab": "30 6 * * *"}, "30 6 * * *"),
        ({"at_time": "18:30"}, "30 18 * * *"),
        ({"crontab": "30 6 * * *", "at_time": "18:30"}, "30 18 * * *"),
        ({}, "0 0 * * *"),
    ],
)
def test_without_scripts_what_was_changed_counts_and_if_both_the_choice(
    acme, owner, changed, stored
):
    row = written(acme, name="Nightly", crontab="0 0 * * *")
    form = owner.get(page_of(row)).context["adminform"].form
    untouched = {name: form[name].value() for name in ("crontab", "shown_crontab", "preset")}
    sent = untouched | {"at_time": "00:00", "timezone": "UTC", "days": "30", "name": "Nightly"}

    assert preview(owner, sent | changed).context["foresight"].slots
    owner.post(page_of(row), sent | changed)

    assert crontab_of(row_of(acme, pk=row.pk)) == (stored, "UTC")


def test_sunday_is_day_seven_too(owner):
    by_seven, by_zero = (
        preview(owner, {"crontab": f"30 6 * * {day}", "timezone": "UTC"}) for day in (7, 0)
    )

    assert by_seven.context["foresight"].slots == by_zero.context["foresight"].slots
    assert "Every Sunday" in by_seven.text


def test_an_older_name_of_a_zone_is_understood_and_shown_as_todays(acme, owner):
    row = written(acme, name="Older", timezone="US/Eastern")

    form = owner.get(page_of(row)).context["adminform"].form
    assert form["timezone"].value() == "America/New_York"
    assert "(America/New_York)" in preview(owner, DAILY | {"timezone": "US/Eastern"}).text

    add(owner, timezone="US/Eastern")
    assert crontab_of(row_of(acme, name="Every Monday"))[1] == "America/New_York"


def test_the_zones_that_are_near_come_first(acme):
    make_user(acme, "far@acme.test", "owner", timezone="Asia/Tokyo")

    form = logged_in("acme", "far@acme.test").get(f"{LIST}add/").context["adminform"].form

    suggested, everywhere = form.fields["timezone"].choices
    assert [zone for zone, _label in suggested[1]] == ["Europe/Berlin", "UTC", "Asia/Tokyo"]
    assert "US/Eastern" not in dict(everywhere[1])


def test_a_link_fills_in_the_form_and_stores_nothing(acme, owner):
    row = seeded(acme)

    page = owner.get(f"{page_of(row)}?preset=daily&at_time=18:37&timezone=UTC&queue=platform")

    form = page.context["adminform"].form
    assert (form["preset"].value(), form["at_time"].value()) == ("daily", "18:37")
    assert "Every day at 18:37 (UTC)." in page.text
    assert crontab_of(seeded(acme)) == crontab_of(row)


def test_the_preview_takes_few_queries_whatever_there_is(acme, owner):
    row = seeded(acme)
    before = queries_for(owner, page_of(row))
    for number in range(12):
        written(acme, name=f"more {number}")

    assert queries_for(owner, page_of(row)) == before < 30


@pytest.mark.parametrize("field", ["spread_minutes", "catch_up_window", "retries", "alarm_after"])
def test_a_policy_beyond_all_bounds_is_told_at_its_field_as_saving_tells_it(acme, owner, field):
    huge = {field: "9" * 50}

    answer = preview(owner, WEEKLY | huge)
    saved = owner.post(page_of(seeded(acme)), WEEKLY | huge)

    assert list(errors_in(answer)) == [f"id_{field}"]
    assert errors_of(saved)[field] == errors_in(answer)[f"id_{field}"]
