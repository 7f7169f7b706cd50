"""What a run did and what a schedule would do, for people who do not see a screen as others do."""

import pytest

from tests.browser.visiting import grave, log_in

pytestmark = [pytest.mark.browser, pytest.mark.integration]

SHOP = "readable"
#: Orders of two runs' making, in two currencies, so that all that can be shown is shown.
ROWS = """
    INSERT INTO scheduling_run (periodic_task_id, name, task, parameters, slot_at, state, trigger,
        started_at, finished_at, examined, closed, error)
    VALUES (1, 'Close old orders', 'orders.tasks.auto_close_old_orders', '{}', now(), 'succeeded',
        'schedule', now(), now(), 60, 60, '');
    INSERT INTO scheduling_run (periodic_task_id, name, task, parameters, slot_at, state, trigger,
        started_at, finished_at, examined, closed, error)
    VALUES (1, 'Close old orders', 'orders.tasks.auto_close_old_orders', '{"days": 30}',
            now() + interval '1 second', 'failed', 'schedule', now(), now(), 9, 0,
            E'Traceback (most recent call last):\nValueError: the sum is missing'),
        (1, 'Close old orders', 'orders.tasks.auto_close_old_orders', '{"days": 30}',
            now() - interval '1 day', 'running', 'schedule', now(), NULL, 9, 9, '');
    INSERT INTO orders_order (number, customer, placed_at, total, currency, status,
        status_changed_at, closed_at, closed_by_run)
    SELECT 'R-' || n, 'Customer', now() - n * interval '1 day', n,
        CASE WHEN n %% 3 = 0 THEN 'USD' ELSE 'EUR' END,
        CASE WHEN n <= 60 THEN 'closed' ELSE 'open' END, now(),
        CASE WHEN n <= 60 THEN now() END, CASE WHEN n <= 60 THEN 1 END
    FROM generate_series(1, 70) AS n;
    INSERT INTO orders_laterchange (run_id, order_id, reason) VALUES (1, 3, 'hand')
"""


@pytest.fixture(scope="module")
def shop(stack):
    stack.provision(SHOP, owner_email=f"owner@{SHOP}.test")
    stack.sql(ROWS, schema=stack.schema_of(SHOP))
    return stack.url(SHOP)


@pytest.fixture(params=["light", "dark"])
def page(request, chromium, shop):
    context = chromium.new_context(base_url=shop, color_scheme=request.param)
    page = context.new_page()
    log_in(page, f"owner@{SHOP}.test")
    yield page
    context.close()


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("scheduling/schedule/1/change/", "#effect"),
        ("scheduling/run/1/change/", "section[aria-labelledby=what-it-did]"),
        ("scheduling/run/1/undo/", "#content"),
        ("orders/order/?kept_open__exact=0", "#content"),
        ("orders/closingrules/1/change/", "#content"),
        ("", ".home"),
        ("scheduling/run/", "#content"),
        ("scheduling/run/2/change/", ".run-story"),
        ("scheduling/run/3/change/", ".run-story"),
        ("scheduling/run/2/retry/", "#content"),
    ],
)
def test_nothing_grave_is_found(page, path, place):
    page.goto(f"/admin/{path}")
    for summary in page.locator("summary:visible").all():
        summary.click()

    told, looked_at = grave(page, place)

    assert told == []
    assert looked_at > 3


def test_a_phone_shows_all_without_scrolling_the_page_sideways(page):
    page.set_viewport_size({"width": 375, "height": 800})
    paths = ("schedule/1/change/", "run/1/change/", "run/1/undo/", "run/2/change/", "run/2/retry/")
    for path in ("", *(f"scheduling/{path}" for path in paths)):
        page.goto(f"/admin/{path}")

        assert page.evaluate("document.documentElement.scrollWidth") <= 375, path
