"""All pages of a tenant's site in another language: nothing on them is left in English."""

import re

import pytest
from django_tenants.utils import schema_context, tenant_context

from tenants.accounts.models import User
from tenants.audit.models import Entry
from tests.conftest import NOON
from tests.language.furnished import furnish
from tests.language.marked import unmarked
from tests.pages import OPEN_PAGES, PLATFORM_PAGES, TENANT_PAGES
from tests.people import STAFF, logged_in, make_staff, owner_of, visitor
from tests.scheduling.builders import make_alarm, make_firing

#: What rows, zones and programs say, in whatever language the page is.
DATA = re.compile(
    r"English|Deutsch|Platform|Acme|Globex|\b(acme|globex|public)(\.localhost)?\b|localhost"
    r"|staff@platform\.test|owner@globex\.test|schedule 1|limits of 1|America/New_York|\bt_\w+"
    r"|owner@acme\.test|Close old orders|Broken|orders\.(csv|tasks\.\w+)|R\d+-\d|A1\b|\bnumber:"
    r"|[A-Z]{3}\b|Europe/Berlin|ZeroDivisionError: division by zero|\b[0-9a-f]{64}\b"
    r"|(command|page|task|program) [\w.:-]+|\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b"
    # A secret that an authenticator is told, and the language that somebody chose.
    r"|\b[A-Z2-7]{1,4}( [A-Z2-7]{1,4})+\b|\ben\b"
)


@pytest.fixture
def owner(acme, in_brackets):
    """The owner of a tenant with something on each page, who reads everything in brackets."""
    rows = furnish(acme)
    with tenant_context(acme):
        User.objects.update(language="de")
    client = owner_of("acme")
    client.rows = rows
    return client


def test_nothing_on_a_page_is_unmarked(owner):
    left = set()
    for page in TENANT_PAGES:
        answer = owner.get(f"/admin/{page.format(**owner.rows)}")
        assert answer.status_code == 200, page
        left |= {(text, page) for text in unmarked(answer.text, DATA)}

    assert left == set()


def test_nothing_on_a_page_of_the_platform_is_unmarked(acme, in_brackets):
    make_staff()
    with schema_context("public"):
        # What tests of other sessions left behind, with data that nobody here knows.
        Entry.objects.all().delete()
        User.objects.update(language="de")
        make_firing(acme, NOON)
        make_alarm(acme)
    staff = logged_in("platform", STAFF)
    left = set()

    for page in PLATFORM_PAGES:
        answer = staff.get(f"/admin/{page.format(tenant=acme.pk)}")
        assert answer.status_code == 200, page
        left |= {(text, page) for text in unmarked(answer.text, DATA)}

    assert left == set()


@pytest.mark.parametrize("page", OPEN_PAGES)
def test_nothing_is_unmarked_before_somebody_logs_in(acme, in_brackets, page):
    answer = visitor("acme").get(f"/admin/{page}", headers={"Accept-Language": "de"})

    assert unmarked(answer.text, DATA) == []


def test_a_text_outside_brackets_is_found():
    page = '<h1>⟦Run ⟦x⟧⟧</h1><p title="bare">12 ⟦orders⟧ of Acme</p><option value="UTC">UTC'

    assert unmarked(page, DATA) == ["bare", "12 of"]
