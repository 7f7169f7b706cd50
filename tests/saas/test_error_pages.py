"""What somebody sees whose request cannot be answered: why, and the way back, in their language."""

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils.translation import override

from tests.people import HOSTS, logged_in, make_user, owner_of


def test_a_page_that_is_not_there_says_so(acme):
    answer = owner_of("acme").get("/admin/nowhere/")

    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert 'href="/admin/"' in answer.text


def test_a_page_that_a_role_may_not_see_says_so_in_its_readers_language(acme):
    make_user(acme, "viewer@acme.test", language="de")

    answer = logged_in("acme", "viewer@acme.test").get("/admin/orders/order/add/")

    assert answer.status_code == 403
    assert '<html lang="de" dir="ltr">' in answer.text
    assert "Ihre Rolle erlaubt das nicht." in answer.text


def test_a_form_without_its_token_says_what_to_do(acme):
    stranger = Client(enforce_csrf_checks=True, HTTP_HOST=HOSTS["acme"])

    answer = stranger.post("/admin/login/", {"username": "x", "password": "x"})

    assert answer.status_code == 403
    assert "Go back, load the page again" in answer.text
    assert "<style" not in answer.text


@pytest.mark.parametrize(
    ("language", "says"), [("en", "Something went wrong"), ("de", "schiefgegangen")]
)
def test_trouble_of_ours_is_told_without_anything_that_may_fail_too(language, says):
    with override(language):
        page = render_to_string("500.html")

    assert says in page
    assert "stylesheet" not in page
