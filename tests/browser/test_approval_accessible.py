"""A held run's pages, for people who do not see a screen as others do, and on a narrow one."""

import pytest

from tests.browser.visiting import grave, log_in

pytestmark = [pytest.mark.browser, pytest.mark.integration]

SHOP = "cautious"
ROWS = """
    INSERT INTO orders_order (number, customer, placed_at, total, currency, status, status_changed_at)
    SELECT 'R-' || n, 'Customer', now() - interval '40 days' - n * interval '1 hour', n,
        CASE WHEN n %% 3 = 0 THEN 'USD' ELSE 'EUR' END, 'open', now()
    FROM generate_series(1, 120) AS n;
    WITH run AS (
        INSERT INTO scheduling_run (periodic_task_id, name, task, parameters, slot_at, state,
            trigger, started_at, examined, closed, error)
        SELECT id, name, task, '{"days": 30}', now(), 'held', 'schedule', now(), 0, 0, 'It is held.'
        FROM django_celery_beat_periodictask WHERE name = 'Close old orders' RETURNING *
    )
    INSERT INTO scheduling_hold (run_id, periodic_task_id, number, most, usual, expires_at, decision, by)
    SELECT id, periodic_task_id, 120, 100, 7, now() + interval '7 days', '', '' FROM run
"""
PAGES = {
    "approval": ("/admin/scheduling/run/{}/approval/", "#content"),
    "run": ("/admin/scheduling/run/{}/change/", "[aria-labelledby=held]"),
    "list": ("/admin/scheduling/schedule/", ".held-runs"),
}


@pytest.fixture(scope="module")
def run(stack):
    stack.provision(SHOP, owner_email=f"owner@{SHOP}.test")
    stack.sql(ROWS, schema=stack.schema_of(SHOP))
    ((run,),) = stack.sql("SELECT run_id FROM scheduling_hold", schema=stack.schema_of(SHOP))
    return run


@pytest.fixture(params=["light", "dark"])
def page(request, stack, chromium, run):
    context = chromium.new_context(
        base_url=stack.url(SHOP), color_scheme=request.param, viewport={"width": 360, "height": 900}
    )
    page = context.new_page()
    log_in(page, f"owner@{SHOP}.test")
    yield page
    context.close()


def test_they_are_for_everybody(page, run):
    said = []
    page.on("console", lambda message: said.append(message.text))
    for name, (address, place) in PAGES.items():
        page.goto(address.format(run))

        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, (name, width)
        assert said == []

        told, looked_at = grave(page, place)
        assert (told, looked_at > 3) == ([], True), name
        # Its own script and styles are refused by the page's policy, and told of.
        said.clear()
