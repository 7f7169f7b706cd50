"""Time zones by today's names."""

import pytest
from django import forms
from django.core.exceptions import ValidationError

from tenants.names import known_timezones
from tenants.zone_field import TimeZoneField
from tenants.zones import canonical, canonical_timezones, older_names


@pytest.mark.parametrize(
    ("older", "todays"),
    [
        ("US/Eastern", "America/New_York"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("Iceland", "Atlantic/Reykjavik"),
        ("Etc/UTC", "UTC"),
        ("Zulu", "UTC"),
        ("GMT", "UTC"),
        # These are names of today, whatever other zone has the same clock.
        ("Europe/Oslo", "Europe/Oslo"),
        ("Europe/Berlin", "Europe/Berlin"),
        ("Etc/GMT+5", "Etc/GMT+5"),
        ("Mars/Olympus", "Mars/Olympus"),
        ("", ""),
    ],
)
def test_an_older_name_leads_to_todays(older, todays):
    assert canonical(older) == todays


def test_every_known_name_leads_to_one_that_is_offered():
    assert {canonical(name) for name in known_timezones()} == set(canonical_timezones())
    assert all(canonical(name) == name for name in canonical_timezones())
    assert "US/Eastern" in older_names()["America/New_York"]
    assert "US/Eastern" not in canonical_timezones()


def test_a_field_takes_an_older_name_and_gives_todays():
    field = TimeZoneField()

    assert field.clean("US/Eastern") == "America/New_York"
    assert field.prepare_value("US/Eastern") == "America/New_York"
    with pytest.raises(ValidationError, match="not one of the available"):
        field.clean("Mars/Olympus")


def test_what_is_near_comes_first_and_is_chosen_once():
    field = TimeZoneField()
    field.suggest({"Europe/Berlin": "ours", "Etc/UTC": "UTC"})
    form = type("Form", (forms.Form,), {"zone": field})({"zone": "Europe/Berlin"})

    page = str(form["zone"])

    assert page.index("ours") < page.index("Africa/Abidjan")
    assert page.count("selected") == 1
    assert 'data-also="Asia/Calcutta"' in page
