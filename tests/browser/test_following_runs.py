"""A person follows a run that is going on, with and without scripts."""

import pytest

from tests.browser.visiting import log_in

pytestmark = [pytest.mark.browser, pytest.mark.integration]

SHOP = "patient"
RUN = """
    INSERT INTO orders_order (number, customer, placed_at, total, currency, status, status_changed_at)
    SELECT 'F-' || n, '', now() - interval '60 days', 1, 'EUR', 'open', now() - interval '60 days'
    FROM generate_series(1, 8) AS n;
    INSERT INTO scheduling_run (periodic_task_id, name, task, parameters, slot_at, state, trigger,
        started_at, examined, closed, error)
    VALUES (1, 'Close old orders', 'orders.tasks.auto_close_old_orders', '{"days": 30}',
        now(), 'running', 'schedule', now(), 2, 2, '') RETURNING id
"""


@pytest.fixture(scope="module")
def shop(stack):
    stack.provision(SHOP, owner_email=f"owner@{SHOP}.test")
    return stack.schema_of(SHOP)


@pytest.fixture
def run(stack, shop):
    ((pk,),) = stack.sql(RUN, schema=shop)
    yield pk
    stack.sql("TRUNCATE orders_order, scheduling_run", schema=shop)


@pytest.fixture(params=["with scripts", "without scripts"])
def page(request, chromium, stack, shop):
    scripts = request.param == "with scripts"
    context = chromium.new_context(base_url=stack.url(SHOP), java_script_enabled=scripts)
    page = context.new_page()
    complaints = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    log_in(page, f"owner@{SHOP}.test")
    yield page
    context.close()
    assert complaints == []


def test_a_run_is_followed_to_its_end(page, stack, shop, run, request):
    def come_to(**columns):
        values = ", ".join(f"{name} = %s" for name in columns)
        stack.sql(f"UPDATE scheduling_run SET {values}", *columns.values(), schema=shop)
        if "without" in request.node.name:
            page.get_by_role("link", name="Refresh").click()

    page.goto(f"/admin/scheduling/run/{run}/change/")
    bar = page.get_by_role("progressbar")
    assert (bar.get_attribute("value"), bar.get_attribute("max")) == ("2", "10")

    come_to(examined=7, closed=7)
    page.get_by_text("Looked at 7 of about 10").wait_for()
    assert bar.get_attribute("value") == "7"

    come_to(state="succeeded", examined=10, closed=10, finished_at="now()")
    bar.wait_for(state="detached")
    assert page.get_by_text("succeeded").first.is_visible()
