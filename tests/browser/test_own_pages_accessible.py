"""Profile, people, history and branding, for people who do not see a screen as others do."""

import pytest

from tests.browser.visiting import grave, log_in

pytestmark = [pytest.mark.browser, pytest.mark.integration]

SHOP = "own"
SCHEDULE, BRANDING = "/admin/scheduling/schedule/1/", "/admin/branding/branding/1/change/"
PAGES = [
    "/admin/profile/",
    "/admin/accounts/user/",
    f"{SCHEDULE}history/",
    "/admin/scheduling/schedule/deleted/",
    BRANDING,
]
ACCENT = "#7a1f5c"


@pytest.fixture(scope="module")
def shop(stack):
    stack.provision(SHOP, owner_email=f"owner@{SHOP}.test")
    columns = "id, display_name, accent, logo, version"
    looks = f"INSERT INTO branding_branding ({columns}) VALUES (1, 'Own Shop', '{ACCENT}', '', 1)"
    stack.sql(looks, schema=stack.schema_of(SHOP))
    return stack.url(SHOP)


@pytest.fixture(params=["light", "dark"])
def page(request, chromium, shop):
    context = chromium.new_context(base_url=shop, color_scheme=request.param)
    page = context.new_page()
    log_in(page, f"owner@{SHOP}.test")
    yield page
    context.close()


def pause_and_look(page):
    """Pause the schedule, so that there is something to restore; open the page that asks."""
    page.goto(f"{SCHEDULE}change/")
    page.locator("#id_enabled").set_checked(not page.locator("#id_enabled").is_checked())
    page.locator("input[name=_save]").click()
    page.wait_for_selector(".messagelist")
    page.goto(f"{SCHEDULE}history/")
    page.locator(".row-history a.button").first.click()
    page.wait_for_url("**/restore/")
    page.wait_for_load_state()


def test_nothing_grave_is_found(page):
    for address in PAGES:
        page.goto(address)
        told, looked_at = grave(page, "body")
        assert (address, told) == (address, [])
        assert looked_at > 3
    pause_and_look(page)
    assert grave(page, "body")[0] == []


def test_no_page_breaks_the_policy_of_its_contents(page):
    said = []
    page.on("console", lambda message: said.append(message.text))

    for address in PAGES:
        page.goto(address)
    pause_and_look(page)

    assert said == []


def test_the_accent_is_on_the_page_in_either_theme(page):
    colour = page.evaluate("getComputedStyle(document.querySelector('#header')).backgroundColor")

    assert colour == "rgb(122, 31, 92)"
    assert page.get_by_role("link", name="Own Shop").is_visible()


def test_a_phone_shows_all_without_scrolling_the_page_sideways(page):
    page.set_viewport_size({"width": 320, "height": 800})
    for address in PAGES:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
    pause_and_look(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
