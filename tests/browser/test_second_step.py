"""A second factor in a real browser: set up, used at the next log-in, and where one is logged in."""

import base64
import time

import pytest

from tests.authenticator import code
from tests.integration.stack import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.integration]

SHOP = "guarded"
OWNER = f"owner@{SHOP}.test"


@pytest.fixture(scope="module")
def shop(stack):
    stack.provision(SHOP, "Asia/Tokyo", owner_email=OWNER)
    return stack.url(SHOP)


@pytest.fixture
def page(chromium, shop):
    """A page of somebody's without JavaScript; fails if the browser had anything to complain about."""
    context = chromium.new_context(base_url=shop, locale="en-GB", java_script_enabled=False)
    page = context.new_page()
    complaints = []

    def hear(said):
        if said.type == "error":
            complaints.append(said.text)

    page.on("console", hear)
    yield page
    context.close()
    assert complaints == []


def give_password(page):
    page.goto("/admin/")
    page.get_by_label("E-mail").fill(OWNER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def secret_on(page):
    return base64.b32decode(page.locator(".secret").inner_text().replace(" ", "")).hex()


def test_a_second_factor_is_set_up_and_asked_for_at_the_next_log_in(page):
    give_password(page)
    page.get_by_role("link", name="Log-in and security").click()
    page.get_by_role("link", name="Set up").click()
    secret = secret_on(page)
    moment = time.time()
    page.get_by_role("textbox", name="Code").fill(code(secret, moment=moment))
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set up").click()
    page.get_by_role("link", name="I have kept them").click()

    page.get_by_role("button", name="Log out").click()
    give_password(page)
    page.get_by_role("textbox", name="Code").fill(code(secret, steps=1, moment=moment))
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Log-in and security").click()

    assert page.get_by_text("10 recovery codes are left").is_visible()
    assert page.get_by_text("(this one)").count() == 1
