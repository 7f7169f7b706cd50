"""The pages to run, pause and resume a schedule and of the time zone, in light and dark, on a phone."""

import pytest

from tests.browser.visiting import grave, log_in

pytestmark = [pytest.mark.browser, pytest.mark.integration]

SHOP = "controlled"
PHONE = {"width": 360, "height": 800}
#: A schedule that is paused, one that is not, and a zone that has changed.
ROWS = """
    INSERT INTO django_celery_beat_periodictask (id, name, task, crontab_id, args, kwargs, headers,
        enabled, one_off, total_run_count, date_changed, description)
    SELECT 999, 'Nightly clean-up of a name that is rather long', task, crontab_id, '[]', '{}', '{}',
        true, false, 0, now(), '' FROM django_celery_beat_periodictask WHERE id = 1;
    INSERT INTO orders_order (number, customer, placed_at, total, currency, status,
        status_changed_at)
    SELECT 'R-' || n, 'Customer', now() - interval '60 days', n, 'EUR', 'open', now()
    FROM generate_series(1, 3) AS n;
    UPDATE django_celery_beat_periodictask SET enabled = false WHERE id = 1;
    INSERT INTO scheduling_pause (periodic_task_id, by, until_at, reason)
    VALUES (1, 'ann@example.com', now() + interval '30 days', 'Stocktaking: nothing may be closed')
"""
PAGES = [
    "",
    "1/change/",
    "1/pause/",
    "1/resume/",
    "999/run-now/",
    "zone/",
]


@pytest.fixture(scope="module")
def shop(stack):
    stack.provision(SHOP, "Europe/Berlin", owner_email=f"owner@{SHOP}.test")
    stack.sql(ROWS, schema=stack.schema_of(SHOP))
    stack.sql("UPDATE tenants_tenant SET timezone = 'Asia/Tokyo' WHERE slug = %s", SHOP)
    return stack.url(SHOP)


@pytest.fixture(params=["light", "dark"])
def page(request, chromium, shop):
    context = chromium.new_context(base_url=shop, color_scheme=request.param, viewport=PHONE)
    page = context.new_page()
    log_in(page, f"owner@{SHOP}.test")
    yield page
    context.close()


def test_nothing_grave_is_found_and_nothing_is_wider_than_a_phone(page):
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    for path in PAGES:
        page.goto(f"/admin/scheduling/schedule/{path}")
        assert said == [], path
        told, looked_at = grave(page, "#content")

        assert told == [], path
        assert looked_at > 3
        if path:  # the list is a table of Django's, which is scrolled within itself
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        said.clear()  # the checker puts in styles of its own, which our policy refuses
