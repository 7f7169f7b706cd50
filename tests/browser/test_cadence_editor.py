"""The form of a schedule in a real browser: what is shown while one types."""

import re
from typing import Any

import pytest

from tests.browser.visiting import grave, log_in

pytestmark = [pytest.mark.browser, pytest.mark.integration]

SHOP = "typed"
#: Nothing is asked while somebody types; an answer is there soon after.
PAUSE = 600  # milliseconds


@pytest.fixture(scope="module")
def shop(stack):
    stack.provision(SHOP, "Europe/Berlin", owner_email=f"owner@{SHOP}.test")
    return stack.url(SHOP)


@pytest.fixture
def complaints():
    """What the browser has to complain about: nothing, at the end."""
    heard: list[str] = []
    yield heard
    assert heard == []


@pytest.fixture(params=["light", "dark"])
def page(request, chromium, shop, complaints):
    """The form of the owner's schedule."""
    context = chromium.new_context(
        base_url=shop,
        color_scheme=request.param,
        locale="en-GB",
        timezone_id="Asia/Calcutta",
        viewport={"width": 1200, "height": 900},
    )
    page = context.new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    log_in(page, f"owner@{SHOP}.test")
    page.goto("/admin/scheduling/schedule/1/change/")
    yield page
    context.close()


def assert_accessible(page, complaints):
    told, looked_at = grave(page, "#content")
    assert told == []
    assert looked_at > 10
    assert complaints == [] or all("inline style" in one for one in complaints)
    complaints.clear()  # of the checker's own style, which the page's policy refuses


def choose(page, preset):
    page.get_by_role("radio", name=preset).check()


def test_what_is_typed_is_answered_in_place_and_saved(page, stack):
    asked: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.url) if "/preview/" in request.url else None
    )

    choose(page, "Monday to Friday")
    page.get_by_label("At:", exact=True).fill("18:30")
    shown = page.locator("#cadence")
    shown.get_by_text("From Monday to Friday at 18:30 (Europe/Berlin).").wait_for()
    page.locator("#id_days").fill("50")
    page.wait_for_timeout(PAUSE)
    before = len(asked)
    page.locator("#id_days").fill("50")
    page.wait_for_timeout(PAUSE)

    assert len(asked) == before <= 3
    assert not page.get_by_label("Crontab").is_visible()
    choose(page, "Custom, in five fields")
    assert page.get_by_label("Crontab").input_value() == "30 18 * * 1-5"
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("The change takes effect at once.").wait_for()
    crontab = stack.sql(
        "SELECT minute, hour, day_of_week, timezone::text FROM django_celery_beat_periodictask"
        " JOIN django_celery_beat_crontabschedule AS crontab ON crontab.id = crontab_id",
        schema=stack.schema_of(SHOP),
    )
    assert ("30", "18", "1-5", "Europe/Berlin") in crontab


def test_an_error_stands_at_its_field_until_it_is_put_right(page):
    choose(page, "Custom, in five fields")
    field = page.get_by_label("Crontab")

    field.fill("0 0 31 2 *")
    page.get_by_text("day of month: day 31 never comes in February").wait_for()
    assert field.get_attribute("aria-invalid") == "true"
    tied = field.get_attribute("aria-describedby").split()
    assert any("never comes" in page.locator(f"#{name}").inner_text() for name in tied)
    field.fill("0 0 31 1 *")
    page.get_by_text("Only in January.").wait_for()
    assert field.get_attribute("aria-invalid") is None


def test_nothing_grave_is_found_right_or_wrong(page, complaints):
    assert_accessible(page, complaints)

    choose(page, "Custom, in five fields")
    page.get_by_label("Crontab").fill("0 0 31 2 *")
    page.get_by_text("day of month: day 31 never comes in February").wait_for()
    assert_accessible(page, complaints)


def test_a_zone_is_found_by_its_city_and_the_browsers_is_offered(page):
    zone = page.locator("#id_timezone")
    assert re.search("Asia/Kolkata", zone.locator("optgroup").first.inner_text())

    page.get_by_label("Find by city or region").fill("buenos")
    assert zone.locator("option[value='America/Argentina/Buenos_Aires']").count() == 1
    assert zone.locator("option").count() <= 3
    zone.select_option("America/Argentina/Buenos_Aires")

    page.get_by_text("(America/Argentina/Buenos_Aires).").wait_for()


def test_a_phone_shows_it_without_scrolling_sideways(page):
    page.set_viewport_size({"width": 360, "height": 800})
    page.reload()

    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_question_that_is_turned_away_is_asked_once_more(page, complaints):
    asked: list[str] = []

    def turn_away(route):
        asked.append(route.request.url)
        if len(asked) == 1:
            route.fulfill(status=429, body="Too many requests of this site at once.")
        else:
            route.continue_()

    page.route("**/preview/**", turn_away)
    choose(page, "Every day")
    page.get_by_label("At:", exact=True).fill("18:31")
    page.get_by_text("Every day at 18:31 (Europe/Berlin).").wait_for()

    assert len(asked) == 2
    assert all("429" in one for one in complaints)
    complaints.clear()  # of the browser's own, about the answer


def test_an_older_answer_does_not_take_the_place_of_a_newer_one(page):
    held: list[Any] = []

    def hold_first(route):
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route("**/preview/**", hold_first)
    choose(page, "Every day")
    time = page.get_by_label("At:", exact=True)
    time.fill("18:31")
    page.wait_for_timeout(PAUSE)
    time.fill("18:32")
    newer = page.get_by_text("Every day at 18:32 (Europe/Berlin).")
    newer.wait_for()

    held[0].fulfill(body='<div data-part="cadence">older</div>')
    page.wait_for_timeout(PAUSE)
    assert newer.is_visible()
