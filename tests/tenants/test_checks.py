"""The database's password, as `check --deploy` judges it."""

import pytest

from tenants.checks import is_strong

LOGIN = {"USER": "tenantbeat", "HOST": "db.example.com"}


@pytest.mark.parametrize("password", ["", None, "postgres", "tenantbeat", "tenantbeattenantbeat"])
def test_a_password_that_can_be_guessed_is_weak(password):
    assert not is_strong(LOGIN | {"PASSWORD": password})


def test_a_long_one_is_strong():
    assert is_strong(LOGIN | {"PASSWORD": "q8YdXm2-vK0cLr5TzWbN"})


@pytest.mark.parametrize("host", ["/run/postgresql", "localhost", None])
def test_a_login_on_this_machine_may_do_without_a_password(host):
    assert is_strong(LOGIN | {"HOST": host})
    assert not is_strong(LOGIN | {"HOST": host, "PASSWORD": "short"})
