"""Every page of a tenant's site, for people who see, point and read in many ways.

A page that is new is looked at as soon as tests/pages.py names it.
"""

from pathlib import Path

import axe_playwright_python
import pytest

from tests.integration.stack import PASSWORD
from tests.pages import OPEN_PAGES, TENANT_PAGES

pytestmark = [pytest.mark.browser, pytest.mark.integration]

SHOP = "everyone"
OWNER = f"owner@{SHOP}.test"
GRAVE = {"serious", "critical"}
#: Those on a desk, and a screen of 1280 pixels at 400 per cent (WCAG 2.2, 1.4.10).
WIDE, ZOOMED = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
#: All of WCAG, with the targets of 24 pixels that axe leaves out unless told (2.2, 2.5.8).
EVERYTHING = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
CONTRAST = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}
#: A row of each kind, the first of its table. Names are long, as people's are.
ROWS = """
    INSERT INTO scheduling_run (periodic_task_id, name, task, parameters, slot_at, state, trigger,
        started_at, finished_at, examined, closed, error)
    VALUES (1, 'Close old orders', 'orders.tasks.auto_close_old_orders', '{}', now(), 'succeeded',
            'schedule', now(), now(), 60, 60, ''),
        (1, 'Close old orders', 'orders.tasks.auto_close_old_orders', '{}',
            now() - interval '1 day', 'failed', 'schedule', now(), now(), 0, 0,
            'ZeroDivisionError: division by zero');
    INSERT INTO orders_order (number, customer, placed_at, total, currency, status,
        status_changed_at, closed_at, closed_by_run)
    SELECT 'R-' || n, 'Customer with a rather long name ' || n, now() - n * interval '1 day',
        n * 1000, CASE WHEN n %% 3 = 0 THEN 'USD' ELSE 'EUR' END,
        CASE WHEN n <= 60 THEN 'closed' ELSE 'open' END, now(),
        CASE WHEN n <= 60 THEN now() END, CASE WHEN n <= 60 THEN 1 END
    FROM generate_series(1, 70) AS n;
    INSERT INTO orders_laterchange (run_id, order_id, reason) VALUES (1, 3, 'hand');
    INSERT INTO orders_orderfile (name, file, imported_at, sender, sha256, imported, updated,
        rejected, rejections)
    VALUES ('orders-of-the-last-week.csv', '', now(), 'owner@everyone.test', '', 70, 0, 1,
        '[[3, "number: empty; every order has a number"]]');
    INSERT INTO orders_dailyreport (day, currency, placed, placed_total, closed, closed_total, open,
        by_currency, made_at)
    VALUES (current_date, 'EUR', 2, 1000, 1, 500, 7, '{}', now());
    INSERT INTO django_celery_beat_crontabschedule (minute, hour, day_of_month, month_of_year,
        day_of_week, timezone) VALUES ('0', '0', '31', '2', '*', 'UTC');
    INSERT INTO django_celery_beat_periodictask (name, task, crontab_id, args, kwargs, headers,
        enabled, one_off, total_run_count, date_changed, description)
    VALUES ('Impossible', 'orders.tasks.auto_close_old_orders',
        (SELECT max(id) FROM django_celery_beat_crontabschedule), '[]', '{}', '{}',
        true, false, 0, now(), '')
"""
KEYS = {
    "order": 65,
    "file": 1,
    "report": 1,
    "schedule": 1,
    "broken_schedule": 2,
    "run": 1,
    "failed_run": 2,
    "retention": 1,
    "branding": 1,
    "user": 1,
    "entry": 1,
}


@pytest.fixture(scope="module")
def shop(stack):
    stack.provision(SHOP, "Europe/Berlin", owner_email=OWNER)
    stack.sql(ROWS, schema=stack.schema_of(SHOP))
    return stack.url(SHOP)


@pytest.fixture(scope="module")
def visit(chromium, shop):
    """One window for all pages; returns how to open a page in it."""
    context = chromium.new_context(
        base_url=shop, locale="en-GB", viewport=WIDE, reduced_motion="reduce"
    )
    # Once for each page, where axe-playwright-python reads it for each look.
    context.add_init_script(path=AXE)
    window = context.new_page()
    window.complaints = []
    window.on("console", lambda said: hear(window, said))
    window.on("pageerror", lambda error: window.complaints.append(str(error)))

    def open_page(path):
        window.complaints.clear()
        window.set_viewport_size(WIDE)
        window.emulate_media(color_scheme="light")
        answer = window.goto(f"/admin/{path.format(**KEYS)}")
        assert answer.status == 200
        # What axe does to a page later is no complaint about the page.
        window.told = list(window.complaints)
        return window

    yield open_page
    context.close()


def hear(window, said):
    if said.type == "error":
        window.complaints.append(f"{said.text} ({said.location['url']})")


@pytest.fixture(scope="module")
def open_as_owner(visit):
    window = visit("login/")
    window.get_by_label("E-mail").fill(OWNER)
    window.get_by_label("Password").fill(PASSWORD)
    window.get_by_role("button", name="Log in").click()
    window.wait_for_url("**/admin/")
    return visit


def findings(window, options):
    found = window.evaluate("(options) => axe.run(document, options)", options)
    assert found["passes"]
    return [
        (one["id"], node["target"], node.get("failureSummary", "")[:300])
        for one in found["violations"]
        if one["impact"] in GRAVE
        for node in one["nodes"][:3]
    ]


def look_at(window):
    """Return all that is wrong with the page that is open."""
    wrong = findings(window, EVERYTHING)
    window.emulate_media(color_scheme="dark")
    wrong += findings(window, CONTRAST)
    wrong += too_wide(window, ZOOMED)
    return wrong + window.told


def too_wide(window, viewport):
    """Return what stands out of the window at the side, where it is the page that would scroll."""
    window.set_viewport_size(viewport)
    return window.evaluate(
        """() => {
        const root = document.documentElement;
        if (root.scrollWidth <= root.clientWidth) return [];
        const scrolls = (e) => e && e !== root &&
            (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(e).overflowX)
                || scrolls(e.parentElement));
        return [...document.body.querySelectorAll("*")].filter((e) => {
            const box = e.getBoundingClientRect();
            return box.width && !scrolls(e.parentElement)
                && (box.right > root.clientWidth + 1 || box.left < -1);
        }).slice(-3).map((e) => `${root.scrollWidth} px wide: ` + e.outerHTML.slice(0, 200))
            .concat("too wide");
    }"""
    )


# The first, for from the second on somebody is logged in.
@pytest.mark.parametrize("path", OPEN_PAGES)
def test_anybody_can_use_what_stands_before_the_log_in(visit, path):
    assert look_at(visit(path)) == []


@pytest.mark.parametrize("path", TENANT_PAGES)
def test_anybody_can_use_it(open_as_owner, path):
    assert look_at(open_as_owner(path)) == []


def test_all_pages_are_mirrored_for_who_reads_from_right_to_left(open_as_owner, stack):
    """Hebrew is none of our languages, but what Django says of it is enough to turn a page around."""
    schema = stack.schema_of(SHOP)
    stack.sql("UPDATE accounts_user SET language = 'he'", schema=schema)
    wrong = []

    for path in TENANT_PAGES:
        window = open_as_owner(path)
        assert window.evaluate("[document.dir, document.documentElement.lang]") == ["rtl", "he"]
        wrong += [(path, *found) for found in [too_wide(window, ZOOMED)] if found]

    stack.sql("UPDATE accounts_user SET language = 'en'", schema=schema)
    assert wrong == []
