"""A tenant's admin in a real browser: what its owner sees, and that no page breaks its own policy."""

import pytest

from tests.browser.visiting import log_in

pytestmark = [pytest.mark.browser, pytest.mark.integration]

SHOP = "browsed"


@pytest.fixture(scope="module")
def shop(stack):
    """A tenant of these tests alone, on real processes; return the address of its site."""
    stack.provision(SHOP, "Asia/Tokyo", owner_email=f"owner@{SHOP}.test")
    return stack.url(SHOP)


@pytest.fixture
def page(chromium, shop):
    """A page of the owner's, logged in; fails if the browser had anything to complain about."""
    context = chromium.new_context(base_url=shop, locale="en-GB")
    page = context.new_page()
    complaints = []

    def hear(said):
        if said.type == "error":
            complaints.append(f"{said.text} ({said.location})")

    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    log_in(page, f"owner@{SHOP}.test")
    yield page
    context.close()
    assert complaints == []


def open_schedule(page):
    page.goto("/admin/scheduling/schedule/")
    page.get_by_role("link", name="Close old orders", exact=True).click()


def save(page):
    page.get_by_role("button", name="Save", exact=True).click()


def test_the_owner_sets_a_crontab_and_sees_the_next_slot(page):
    open_schedule(page)

    page.get_by_role("radio", name="Custom, in five fields").check()
    page.get_by_label("Crontab").fill("30 6 * * *")
    page.get_by_label("Days").fill("45")
    save(page)

    row = page.locator("#result_list tr", has_text="Close old orders")
    assert "30 6 * * *" in row.inner_text()
    assert ", 06:30 JST" in row.locator(".field-next_slot").inner_text()


@pytest.mark.parametrize(
    ("crontab", "says"),
    [
        ("0 0 31 2 *", "day of month: day 31 never comes in February"),
        ("31 2", "2 fields; use five"),
    ],
)
def test_a_crontab_that_cannot_be_is_told_at_its_field(page, crontab, says):
    open_schedule(page)

    page.get_by_role("radio", name="Custom, in five fields").check()
    page.get_by_label("Crontab").fill(crontab)
    save(page)

    field = page.get_by_label("Crontab")
    told = [page.locator(f"#{name}") for name in field.get_attribute("aria-describedby").split()]
    assert field.get_attribute("aria-invalid") == "true"
    assert field.input_value() == crontab
    assert any(says in element.inner_text() for element in told)


@pytest.mark.parametrize(
    "path",
    [
        "scheduling/schedule/add/",
        "scheduling/run/",
        "orders/order/add/",
        "orders/orderfile/add/",
        "audit/entry/",
        "accounts/user/",
        "password_change/",
    ],
)
def test_every_page_keeps_to_its_own_policy(page, path):
    answer = page.goto(f"/admin/{path}")

    assert answer.status == 200
