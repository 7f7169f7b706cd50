"""A tenant's own looks: chosen by its owner, shown on its pages and in its mails, and nowhere else."""

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django_tenants.utils import tenant_context

from orders import tasks
from tenants.accounts.invitations import invite
from tenants.branding.colours import colour_in, contrast
from tenants.branding.models import Branding
from tenants.branding.naming import display_name
from tenants.branding.showing import colours_of
from tests.branding.samples import png
from tests.conftest import NOON
from tests.people import (
    STAFF,
    errors_of,
    logged_in,
    make_staff,
    make_user,
    owner_of,
    queries_for,
    told,
    visitor,
)

PAGE = "/admin/branding/branding/1/change/"
CSS, LOGO = "/admin/branding.css", "/admin/branding/logo/"

pytestmark = pytest.mark.usefixtures("media")


def choose(client, picture=None, **fields):
    given = {"display_name": "", "accent": ""} | fields
    if picture:
        given["new_logo"] = SimpleUploadedFile("logo.png", picture)
    return client.post(PAGE, given)


def stored(tenant):
    with tenant_context(tenant):
        return Branding.current()


@pytest.fixture
def owner(acme):
    return owner_of("acme")


def test_without_a_choice_pages_carry_the_tenants_name_and_the_usual_colours(acme, owner):
    page = owner.get("/admin/").text

    assert ">Acme</a>" in page
    assert "branding.css" not in page
    assert visitor("acme").get(CSS).status_code == 404
    assert visitor("acme").get(LOGO).status_code == 404


def test_what_is_chosen_is_shown_also_before_anybody_has_logged_in(acme, globex, owner):
    choose(owner, display_name="ACME Ltd", accent="#7a1f5c", picture=png())

    for page in (owner.get("/admin/").text, visitor("acme").get("/admin/login/").text):
        assert 'alt="ACME Ltd"' in page
        assert "| ACME Ltd</title>" in page
        assert f'href="{CSS}?v=1"' in page
        assert f'src="{LOGO}?v=1"' in page
    elsewhere = visitor("globex").get("/admin/login/").text
    assert "ACME Ltd" not in elsewhere
    assert CSS not in elsewhere
    assert LOGO not in elsewhere
    assert visitor("globex").get(CSS).status_code == 404
    assert visitor("globex").get(LOGO).status_code == 404


def test_the_page_for_a_new_password_looks_the_same(acme, owner):
    choose(owner, display_name="ACME Ltd", accent="#7a1f5c")

    page = visitor("acme").get("/admin/password_reset/").text

    assert "ACME Ltd" in page
    assert CSS in page


def test_colours_come_in_a_stylesheet_of_their_own(acme, owner):
    choose(owner, accent="#7A1F5C")

    answer = visitor("acme").get(f"{CSS}?v=1")

    assert "--header-bg: #7a1f5c;" in answer.text
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "no-cache" in visitor("acme").get(f"{CSS}?v=0").headers["Cache-Control"]
    assert " style=" not in owner.get("/admin/").text


def test_white_text_is_readable_on_all_that_the_stylesheet_colours():
    for accent in ("#767676", "#7a1f5c", "#000000", "#006400"):
        lines = [
            line.strip(" ;").split(": ") for line in colours_of(colour_in(accent)).splitlines()
        ]
        told = {pair[0]: colour_in(pair[1]) for pair in lines if len(pair) == 2}
        grounds = [colour for name, colour in told.items() if name.endswith("-bg")]

        assert len(grounds) >= 5
        assert all(contrast(told["--header-color"], ground) >= 4.5 for ground in grounds)


@pytest.mark.parametrize("accent", ["#ffcc00", "#ffffff", "#fff"])
def test_a_colour_that_hides_its_text_is_refused_with_one_that_does_not(acme, owner, accent):
    text = errors_of(choose(owner, accent=accent))["accent"]

    near = text.rpartition("#")[2].partition(" ")[0]
    assert "hard to read" in text
    assert stored(acme).accent == ""
    assert choose(owner, accent=f"#{near}").status_code == 302


@pytest.mark.parametrize(
    "accent", ["red", "#12", "url(x)", "#123456;}", "</style>", "#12345\N{ARABIC-INDIC DIGIT SIX}"]
)
def test_what_is_no_colour_is_told_at_its_field(acme, owner, accent):
    assert set(errors_of(choose(owner, accent=accent))) == {"accent"}


@pytest.mark.parametrize("name", ["x" * 61, "two\nlines", "bell\x07", "left\u202eright"])
def test_what_is_no_name_is_told_at_its_field(acme, owner, name):
    assert set(errors_of(choose(owner, display_name=name))) == {"display_name"}


def test_a_name_is_text_wherever_it_is_shown(acme, owner):
    choose(owner, display_name='<script>"x"</script>', picture=png())

    assert "<script>" not in owner.get("/admin/").text.replace("<script src", "")


def test_an_address_changes_with_what_is_there(acme, owner):
    choose(owner, accent="#7a1f5c")
    choose(owner, accent="#205067")

    assert f"{CSS}?v=2" in owner.get("/admin/").text
    assert "#205067" in visitor("acme").get(f"{CSS}?v=2").text


@pytest.mark.parametrize("role", ["manager", "viewer"])
def test_only_owners_choose(acme, role):
    make_user(acme, "some@acme.test", role)
    client = logged_in("acme", "some@acme.test")

    assert client.get(PAGE).status_code == 403
    assert choose(client, display_name="Mine").status_code == 403
    assert stored(acme).display_name == ""


def test_the_platform_looks_as_it_always_does(acme, owner):
    choose(owner, display_name="ACME Ltd", accent="#7a1f5c")
    make_staff()
    staff = logged_in("platform", STAFF)

    assert "Tenantbeat platform" in staff.get("/admin/").text
    assert staff.get(CSS).status_code == 404
    assert staff.get(PAGE).status_code == 404


def test_a_page_takes_one_query_more_for_it(acme, owner):
    with tenant_context(acme):
        Branding.objects.all().delete()
    before = queries_for(owner, "/admin/")

    choose(owner, display_name="ACME Ltd", accent="#7a1f5c", picture=png())

    assert queries_for(owner, "/admin/") == before < 30


def test_mails_carry_the_name_and_are_signed_with_it(acme, globex, owner):
    choose(owner, display_name="ACME Ltd")

    invite(make_user(acme, "ada@acme.test"), acme)
    with tenant_context(acme):
        tasks.send_weekly_summary.run(slot=NOON)
    invite(make_user(globex, "bob@globex.test"), globex)

    ours, weekly, theirs = mail.outbox
    assert ours.subject == "Your account at ACME Ltd"
    assert ours.body.rstrip().endswith("-- \nACME Ltd")
    assert weekly.subject == "ACME Ltd: your orders of the week"
    assert weekly.body.rstrip().endswith("-- \nACME Ltd")
    assert "ACME Ltd" not in f"{theirs.subject} {theirs.body}"
    assert display_name(globex) == "Globex"


def test_the_choice_has_a_history_and_can_be_restored(acme, owner):
    choose(owner, display_name="First", accent="#7a1f5c")
    choose(owner, display_name="Second", accent="#205067", picture=png())
    page = owner.get("/admin/branding/branding/1/history/")
    first = page.context["told"][-1].step.entry.pk
    address = f"/admin/branding/branding/1/history/{first}/restore/"

    asked = owner.get(address)
    answer = owner.post(address, {"now": asked.context["now"]})

    assert "stays as it is now" in asked.text
    assert "It is again as it was then." in told(answer)
    chosen = stored(acme)
    assert (chosen.display_name, chosen.accent) == ("First", "#7a1f5c")
    assert chosen.logo


@pytest.mark.parametrize(
    "column",
    [
        "accent = '#12345;'",
        "accent = 'red'",
        "logo = '../../secret'",
        "logo = 'logos/../x.png'",
        "logo = 'logos/" + "0" * 32 + ".svg'",
        "id = 2",
    ],
)
def test_sql_of_the_tenants_own_writes_nothing_else_either(in_acme, column):
    Branding.objects.create(pk=1)

    with pytest.raises(IntegrityError, match="branding_"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE branding_branding SET {column}")
