"""A person sees what a schedule would do, has it run, looks at the run and undoes it."""

import pytest

from tests.browser.visiting import log_in

pytestmark = [pytest.mark.browser, pytest.mark.integration]

SHOP, DEADLINE = "regretful", 60  # seconds
#: Of its orders, those of 30 days or more.
AGED = 7
ORDERS = """
    INSERT INTO orders_order (number, customer, placed_at, total, currency, status, status_changed_at)
    SELECT 'R-' || n, 'Customer ' || n, now() - n * interval '1 day', n, 'EUR', 'open',
        now() - n * interval '1 day' FROM generate_series(5, 60, 5) AS n
"""


@pytest.fixture(scope="module")
def shop(stack):
    """A tenant of these tests alone with orders of 5, 10 ... 60 days; return its address."""
    stack.provision(SHOP, "Europe/Berlin", owner_email=f"owner@{SHOP}.test")
    stack.sql(ORDERS, schema=stack.schema_of(SHOP))
    return stack.url(SHOP)


@pytest.fixture(params=["with scripts", "without scripts"])
def page(request, chromium, shop):
    """A page of the owner's, logged in; fails if the browser had anything to complain about."""
    scripts = request.param == "with scripts"
    context = chromium.new_context(base_url=shop, locale="en-GB", java_script_enabled=scripts)
    page = context.new_page()
    complaints = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    log_in(page, f"owner@{SHOP}.test")
    yield page
    context.close()
    assert complaints == []


def open_schedule(page):
    page.goto("/admin/scheduling/schedule/")
    page.get_by_role("link", name="Close old orders", exact=True).click()


def run_now(page, stack):
    before = succeeded(stack)
    page.goto("/admin/scheduling/schedule/")
    page.get_by_role("row", name="Close old orders").get_by_role("checkbox").check()
    page.get_by_label("Action:").select_option("run_now")
    page.get_by_role("button", name="Go").click()
    stack.wait_until(lambda: succeeded(stack) > before, DEADLINE, "the run")


def succeeded(stack):
    return [state for _slot, state in stack.runs(SHOP)].count("succeeded")


def statuses(stack):
    rows = stack.sql("SELECT status, kept_open FROM orders_order", schema=stack.schema_of(SHOP))
    return sorted(set(rows))


def parameters(stack):
    columns = "SELECT kwargs FROM django_celery_beat_periodictask ORDER BY id"
    return stack.sql(columns, schema=stack.schema_of(SHOP))


def test_values_are_asked_about_before_they_are_saved(page, stack, request):
    before = parameters(stack)
    open_schedule(page)

    page.get_by_label("Days", exact=False).first.fill("50")
    if "without" in request.node.name:
        page.get_by_role("button", name="Show what these values would do").click()
    page.get_by_text("3, 165.00 EUR in all").wait_for()

    assert page.locator("rect").count() == 30
    page.get_by_role("link", name="R-60").wait_for()
    assert parameters(stack) == before


def test_a_run_is_undone_and_the_next_leaves_its_orders_alone(page, stack):
    stack.sql("UPDATE orders_order SET kept_open = false", schema=stack.schema_of(SHOP))
    run_now(page, stack)
    page.goto("/admin/scheduling/run/")
    page.locator("#result_list tbody th a").first.click()
    page.get_by_role("link", name="R-60").wait_for()

    page.get_by_role("link", name="Reopen its orders").click()
    page.get_by_role("button", name="Reopen its orders").click()

    page.get_by_text(f"Undone by owner@{SHOP}.test").wait_for()
    assert page.get_by_text("reopened by undoing the run").count() == AGED
    run_now(page, stack)
    assert statuses(stack) == [("open", False), ("open", True)]
