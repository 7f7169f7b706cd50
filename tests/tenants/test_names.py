import re

import pytest
from django.core.exceptions import ValidationError

from tenants.names import (
    new_schema_name,
    normal_host,
    validate_currency,
    validate_domain,
    validate_slug,
    validate_timezone,
)


@pytest.mark.parametrize("slug", ["acme", "a", "7up", "acme-berlin", "x" * 39])
def test_a_slug_that_can_be_a_host_name_is_accepted(slug):
    validate_slug(slug)


@pytest.mark.parametrize(
    "slug",
    ["", "Acme", "-acme", "acme-", "ac_me", "ac me", "a.b", "a--b", "ümlaut", "acme\n"],
)
def test_an_ill_formed_slug_is_refused(slug):
    with pytest.raises(ValidationError, match="not a slug"):
        validate_slug(slug)


@pytest.mark.parametrize("slug", ["www", "public", "admin", "api", "mail", "localhost"])
def test_a_reserved_slug_is_refused_as_such(slug):
    with pytest.raises(ValidationError, match="reserved"):
        validate_slug(slug)


def test_a_schema_name_comes_from_the_slug_and_is_never_used_again():
    first, second = new_schema_name("acme-berlin"), new_schema_name("acme-berlin")

    assert re.fullmatch(r"t_acme_berlin_[0-9a-f]{8}", first)
    assert first != second


def test_the_longest_slug_makes_names_that_postgres_keeps_whole():
    assert len(new_schema_name("x" * 39)) + len("tb_12345678_") <= 63


@pytest.mark.parametrize(
    "host", ["acme.localhost", "ACME.localhost", "acme.localhost.", "acme.localhost:8000"]
)
def test_a_host_is_compared_without_case_port_and_trailing_dot(host):
    assert normal_host(host) == "acme.localhost"


@pytest.mark.parametrize("domain", ["", "a..b", "a b", "-a.com", "a/b", "a:80", "x" * 64, "ä.com"])
def test_what_is_no_host_name_is_refused(domain):
    with pytest.raises(ValidationError, match="not a host name"):
        validate_domain(domain)


@pytest.mark.parametrize("name", ["Europe/Berlin", "UTC", "America/New_York"])
def test_a_time_zone_of_the_database_is_accepted(name):
    validate_timezone(name)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "europe/berlin", "+01:00"])
def test_a_time_zone_that_does_not_exist_is_refused(name):
    with pytest.raises(ValidationError, match="not a time zone"):
        validate_timezone(name)


@pytest.mark.parametrize("code", ["eur", "EURO", "", "12E"])
def test_what_is_no_currency_code_is_refused(code):
    with pytest.raises(ValidationError, match="not a currency"):
        validate_currency(code)
