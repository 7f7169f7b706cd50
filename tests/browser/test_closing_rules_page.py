"""A person who fills in closing rules, in a real browser."""

import pytest
from playwright.sync_api import expect

from tests.browser.visiting import log_in

pytestmark = [pytest.mark.browser, pytest.mark.integration]

SHOP = "ruled"
#: Of 40 to 43 days, with totals of as many.
ROWS = """
    INSERT INTO orders_order (number, customer, placed_at, total, currency, status,
        status_changed_at)
    SELECT 'R-' || n, 'Customer ' || n, now() - n * interval '1 day', n, 'EUR', 'open', now()
    FROM generate_series(40, 43) AS n
"""


@pytest.fixture
def page(chromium, stack):
    stack.provision(SHOP, owner_email=f"owner@{SHOP}.test")
    stack.sql(ROWS, schema=stack.schema_of(SHOP))
    context = chromium.new_context(base_url=stack.url(SHOP))
    page = context.new_page()
    log_in(page, f"owner@{SHOP}.test")
    yield page
    context.close()


def test_the_figures_follow_what_is_typed_and_a_holiday_is_chosen(page, stack):
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto("/admin/orders/closingrules/1/change/")
    figures = page.get_by_role("status").filter(has_text="older than")
    expect(figures).to_contain_text("4, 166.00 EUR in all")

    page.get_by_label("Least total").fill("42")
    expect(figures).to_contain_text("2, 85.00 EUR in all")
    page.get_by_label("Customers whose orders are never closed").fill("customer 43")
    expect(figures).to_contain_text("1, 42.00 EUR in all")
    page.get_by_label("Day", exact=True).first.fill("2026-12-25")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("Only orders of 42.00 EUR or more are closed.")).to_be_visible()
    expect(page.get_by_text("On 1 holiday nothing is closed.")).to_be_visible()
    days = stack.sql("SELECT day::text FROM orders_holiday", schema=stack.schema_of(SHOP))
    assert (days, said) == ([("2026-12-25",)], [])
