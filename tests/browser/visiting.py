"""What the tests in a real browser do alike: logging in, and asking an accessibility checker."""

from axe_playwright_python.sync_playwright import Axe

from tests.integration.stack import PASSWORD

GRAVE = {"serious", "critical"}


def log_in(page, email):
    """Log in, and wait for the page after it: going on at once would overtake the log-in."""
    page.goto("/admin/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.locator("#user-tools").wait_for()


def grave(page, place):
    """What an accessibility checker finds in a part of a page, with what it looked at."""
    found = Axe().run(page, context={"include": [[place]]}).response
    looked_at = len(found["passes"])
    told = [
        (one["id"], one["nodes"][0]["html"])
        for one in found["violations"]
        if one["impact"] in GRAVE
    ]
    return told, looked_at
