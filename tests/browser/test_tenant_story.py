"""The way of somebody who has never seen a crontab: choose, foresee, save, watch, undo, and be sure."""

import pytest

from tests.integration.stack import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.integration]

DEADLINE = 90_000  # milliseconds: a slot of every minute, and a run
#: Orders of 10, 20 … 60 days: with 30 days as limit, four are old enough.
ORDERS = """
    INSERT INTO orders_order (number, customer, placed_at, total, currency, status, status_changed_at)
    SELECT 'S-' || n, 'Customer ' || n, now() - n * interval '1 day', n, 'EUR', 'open',
        now() - n * interval '1 day' FROM generate_series(10, 60, 10) AS n
"""
#: Whose way it is: the screen, the language and whether scripts run; and what they read on it.
PEOPLE = {
    "desk": {
        "options": {"viewport": {"width": 1200, "height": 900}},
        "language": "en",
        "sentence": "From Monday to Friday at 18:30 (Europe/Berlin).",
        "effect": "4, 180.00 EUR in all",
        "saved": "The change takes effect at once.",
        "impossible": "day 31 never comes in February",
        "succeeded": "succeeded",
        "kept": "reopened by undoing the run",
    },
    "phone": {
        "options": {"viewport": {"width": 360, "height": 740}, "java_script_enabled": False},
        "language": "de",
        "sentence": "Von Montag bis Freitag um 18:30 Uhr (Europe/Berlin).",
        "effect": "4, zusammen 180,00 EUR",
        "saved": "Die Änderung gilt sofort.",
        "impossible": "Tag 31 kommt in diesen Monaten nie: Februar",
        "succeeded": "erfolgreich",
        "kept": "weil der Lauf rückgängig gemacht wurde",
    },
}


class Visit:
    """One person's browser at one tenant's site."""

    def __init__(self, page, stack, slug, reads):
        self.page, self.stack, self.slug, self.reads = page, stack, slug, reads

    @property
    def has_scripts(self):
        return self.reads["options"].get("java_script_enabled", True)

    def sees(self, what, **options):
        self.page.get_by_text(self.reads[what]).first.wait_for(**options)

    def open_schedule(self):
        self.page.goto("/admin/scheduling/schedule/1/change/")

    def choose(self, preset, **parts):
        self.page.locator(f"[name=preset][value={preset}]").check()
        for name, value in parts.items():
            self.page.locator(f"[name={name}]").fill(value)

    def save(self):
        self.page.locator("[name=_save]").click()

    def runs(self):
        columns = "SELECT id, trigger, state, closed FROM scheduling_run ORDER BY id"
        return self.stack.sql(columns, schema=self.stack.schema_of(self.slug))

    def ended(self, trigger):
        return [run for run in self.runs() if run[1:3] == (trigger, "succeeded")]

    def wait_for_run(self, trigger):
        seconds = DEADLINE / 1000
        return self.stack.wait_until(lambda: self.ended(trigger), seconds, f"a run: {trigger}")[0]


@pytest.fixture(scope="module", params=PEOPLE)
def person(request, stack):
    """The owner of a tenant with orders: what they read, and the tenant's slug."""
    reads, slug = PEOPLE[request.param], f"story-{request.param}"
    stack.provision(slug, "Europe/Berlin", owner_email=f"owner@{slug}.test")
    schema = stack.schema_of(slug)
    stack.sql(ORDERS, schema=schema)
    stack.sql("UPDATE accounts_user SET language = %s", reads["language"], schema=schema)
    return reads, slug


@pytest.fixture
def visit(chromium, stack, person):
    """That owner, logged in; the browser has nothing to complain about."""
    reads, slug = person
    context = chromium.new_context(base_url=stack.url(slug), locale="en-GB", **reads["options"])
    page = context.new_page()
    complaints = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/admin/")
    page.locator("#id_username").fill(f"owner@{slug}.test")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("[type=submit]").first.click()
    yield Visit(page, stack, slug, reads)
    context.close()
    assert complaints == []


def test_a_person_sets_a_cadence_watches_a_run_and_takes_it_back(visit):
    page = visit.page
    visit.open_schedule()
    visit.choose("weekdays", at_time="18:30")
    if not visit.has_scripts:
        page.locator("button[formaction*=preview]").click()
    visit.sees("sentence")
    visit.sees("effect")
    if not visit.has_scripts:
        visit.open_schedule()
        visit.choose("weekdays", at_time="18:30")
    visit.save()
    visit.sees("saved")

    page.goto("/admin/scheduling/schedule/1/run-now/")
    visit.sees("effect")
    page.locator("#content [type=submit]").first.click()
    run, _, _, closed = visit.wait_for_run("manual")
    assert closed == 4

    page.goto(f"/admin/scheduling/run/{run}/change/")
    visit.sees("succeeded")
    page.locator("a[href$='/undo/']").click()
    page.locator("#content [type=submit]").first.click()
    visit.sees("kept")

    page.goto("/admin/orders/order/?kept_open__exact=1")
    assert page.locator("#result_list tbody tr").count() == 4
    if visit.has_scripts:  # Once is enough: a slot takes up to a minute to come.
        assert_the_next_slot_leaves_them_alone(visit)


def assert_the_next_slot_leaves_them_alone(visit):
    visit.open_schedule()
    visit.choose("custom", crontab="* * * * *")
    visit.save()

    *_, closed = visit.wait_for_run("schedule")

    assert closed == 0


def test_an_impossible_cadence_is_told_at_its_field(visit):
    page = visit.page
    visit.open_schedule()
    visit.choose("custom", crontab="0 0 31 2 *")
    visit.save()

    visit.sees("impossible")
    field = page.locator("[name=crontab]")
    tied = page.locator(f"#{field.get_attribute('aria-describedby').split()[-1]}")
    assert field.get_attribute("aria-invalid") == "true"
    assert tied.count() == 1
    page.wait_for_load_state()  # With its stylesheet.
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
