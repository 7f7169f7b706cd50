"""`make screenshots`: the pictures of docs/tenant-guide.md, taken of the product as it is.

A tenant with a sample of real orders, a month of runs and people is made on servers of its own; then
a real browser visits its pages, served by a real web process with worker and beat.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Page, sync_playwright

from demo.sample import write_order_file
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.visiting import log_in
from tests.integration.stack import ROOT, Stack

IMAGES = ROOT / "docs" / "images"
SHOP, OWNER = "germany", "owner@germany.example"
HEIGHT_MAXIMUM = 1600  # pixels
#: How often it is looked whether a run is over, every half second.
PATIENCE = 60
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
#: A month in which the closing ran every evening, failed once and was missed once.
HISTORY = """
    INSERT INTO scheduling_run (periodic_task_id, name, task, parameters, slot_at, state, trigger,
        started_at, finished_at, examined, closed, error)
    SELECT task.id, task.name, task.task, '{"days": 30}', slot_at,
        CASE n WHEN 9 THEN 'failed' WHEN 16 THEN 'missed' ELSE 'succeeded' END, 'schedule',
        CASE WHEN n <> 16 THEN slot_at + interval '80 ms' END, slot_at + interval '1 s',
        CASE WHEN n IN (9, 16) THEN 0 ELSE 3 + n * 7 %% 11 END,
        CASE WHEN n IN (9, 16) THEN 0 ELSE 3 + n * 7 %% 11 END,
        CASE n WHEN 9 THEN 'OSError: the disk is full' ELSE '' END
    FROM django_celery_beat_periodictask AS task,
        generate_series(1, 29) AS n,
        LATERAL (SELECT date_trunc('day', now()) - n * interval '1 day' + interval '17:30') AS at (slot_at)
    WHERE task.name = 'Close old orders'
"""


class Shot(NamedTuple):
    """One picture: its name, the page, and what is done there before it is taken."""

    name: str
    address: str
    prepare: Callable[[Page], Any] = lambda page: None
    size: dict[str, int] = WIDE
    scheme: str = "light"


def main() -> None:
    with running() as stack, browsing(stack) as context_of:
        for shot in SHOTS:
            take(shot, context_of(shot))
    print(f"{len(SHOTS)} pictures are in {IMAGES.relative_to(ROOT)}.")


@contextmanager
def running() -> Iterator[Stack]:
    """The whole product, with a tenant to look at."""
    with tempfile.TemporaryDirectory() as folder:
        broker = f"{os.environ['CELERY_BROKER_URL'].rpartition('/')[0]}/1"
        stack = Stack(Path(folder), broker)
        stack.create_database()
        stack.start_all()
        try:
            furnish(stack, Path(folder))
            yield stack
        finally:
            stack.stop_all()
            stack.drop_database()


def furnish(stack: Stack, folder: Path) -> None:
    stack.manage(
        *("provision_tenant", SHOP, "--name", "Germany Giftware", "--timezone", "Europe/Berlin"),
        *("--owner-email", OWNER),
    )
    orders = folder / "orders.csv"
    write_order_file(orders, "Germany", datetime.now(UTC).date())
    stack.manage("import_orders", SHOP, str(orders), "--timezone", "Europe/London")
    stack.manage("set_cadence", SHOP, "30 18 * * 1-5", "--param", "days=30")
    stack.sql(HISTORY, schema=stack.schema_of(SHOP))


@contextmanager
def browsing(stack: Stack) -> Iterator[Callable[[Shot], Page]]:
    """Give a page of the owner's, logged in, for each size and colour scheme."""
    arguments = [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        pages: dict[tuple[int, str], Page] = {}

        def page_of(shot: Shot) -> Page:
            key = (shot.size["width"], shot.scheme)
            if key not in pages:
                pages[key] = logged_in(browser, stack, shot)
            return pages[key]

        yield page_of
        browser.close()


def logged_in(browser: Any, stack: Stack, shot: Shot) -> Page:
    context = browser.new_context(
        base_url=stack.url(SHOP),
        viewport=shot.size,
        color_scheme=shot.scheme,
        locale="en-GB",
        timezone_id="Europe/Berlin",
    )
    page: Page = context.new_page()
    log_in(page, OWNER)
    return page


def take(shot: Shot, page: Page) -> None:
    page.goto(f"/admin/{shot.address}")
    shot.prepare(page)
    page.wait_for_load_state()
    IMAGES.mkdir(exist_ok=True)
    # As high as a page that one sees without scrolling far: a guide is no place for long lists.
    height = min(page.evaluate("document.documentElement.scrollHeight"), HEIGHT_MAXIMUM)
    page.set_viewport_size({"width": shot.size["width"], "height": height})
    page.screenshot(path=IMAGES / f"{shot.name}.png")
    page.set_viewport_size(shot.size)  # type: ignore[arg-type]


def first_row(page: Page) -> None:
    page.locator("#result_list tbody th a").first.click()


def after_a_run(page: Page) -> None:
    """Have the schedule run, and wait on the page of that run until it is over."""
    page.locator("#content [type=submit]").first.click()
    for _ in range(PATIENCE):
        page.goto("/admin/scheduling/run/?trigger__exact=manual&state__exact=succeeded")
        if page.locator("#result_list tbody th a").count():
            break
        page.wait_for_timeout(500)
    first_row(page)


def on_weekdays(page: Page) -> None:
    """Open the schedule and choose what the guide tells of."""
    first_row(page)
    page.get_by_role("radio", name="Monday to Friday").check()
    page.get_by_label("At:", exact=True).fill("18:30")
    page.get_by_text("From Monday to Friday at 18:30").first.wait_for()


def in_german(page: Page) -> None:
    page.goto("/admin/profile/")
    page.locator("[name=language]").select_option("de")
    page.locator("#content [type=submit]").first.click()
    page.goto("/admin/")


SHOTS = [
    Shot("home", ""),
    Shot("schedules", "scheduling/schedule/"),
    Shot("schedule", "scheduling/schedule/", on_weekdays),
    Shot("schedule-phone", "scheduling/schedule/", on_weekdays, size=PHONE, scheme="dark"),
    Shot("pause", "scheduling/schedule/1/pause/"),
    Shot("run-now", "scheduling/schedule/1/run-now/"),
    Shot("history", "scheduling/schedule/1/history/"),
    Shot("runs", "scheduling/run/"),
    Shot("run", "scheduling/schedule/1/run-now/", after_a_run),
    Shot("orders", "orders/order/"),
    Shot("closing-rules", "orders/closingrules/1/change/"),
    Shot("people", "accounts/user/"),
    Shot("profile", "profile/"),
    Shot("home-german", "", in_german, scheme="dark"),
]

if __name__ == "__main__":
    main()
