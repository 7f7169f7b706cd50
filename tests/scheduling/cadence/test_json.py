"""Cadences written to JSON and read back."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from scheduling.cadence import (
    Cadence,
    ClockedCadence,
    CrontabCadence,
    IntervalCadence,
    InvalidCadence,
    SolarCadence,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DAILY = {"kind": "crontab", "crontab": "0 0 * * *", "timezone": "Europe/Berlin"}


@pytest.mark.parametrize(
    "cadence",
    [
        CrontabCadence.parse("*/5 8-18 * jan-jun mon-7", "Europe/Berlin"),
        CrontabCadence.parse("0 0 * * *", "UTC", start_at=NOON, expires_at=NOON + timedelta(1)),
        CrontabCadence.parse("0 2 * * *", "UTC", gap="skip", repeat="both"),
        IntervalCadence(timedelta(days=36_500, microseconds=1), NOON, start_at=NOON),
        ClockedCadence(NOON + timedelta(microseconds=1), expires_at=NOON),
        SolarCadence("dusk_civil", -33.868820, 151.209290),
    ],
    ids=str,
)
def test_a_cadence_survives_json(cadence):
    assert Cadence.from_json(json.loads(json.dumps(cadence.to_json()))) == cadence


def test_times_are_written_in_utc():
    cadence = CrontabCadence.parse("0 0 * * *", "Europe/Berlin", start_at=NOON)

    assert cadence.to_json() == DAILY | {"start_at": "2026-03-02T12:00:00+00:00"}


def test_only_unusual_choices_are_written():
    usual = CrontabCadence.parse("0 0 * * *", "Europe/Berlin", gap="shift", repeat="first")
    both = CrontabCadence.parse("0 0 * * *", "Europe/Berlin", repeat="both")

    assert usual.to_json() == DAILY
    assert both.to_json() == DAILY | {"repeat": "both"}
    assert Cadence.from_json({**DAILY, "gap": "shift"}) == usual


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "a JSON object is expected, not NoneType"),
        ("0 0 * * *", "a JSON object is expected, not str"),
        ({}, "'kind' must be a text, not None"),
        ({"kind": "lunar"}, "'lunar' is no kind; use one of clocked, crontab, interval, solar"),
        ({"kind": ["crontab"]}, r"'kind' must be a text, not \['crontab'\]"),
        ({"kind": "crontab"}, "'crontab' must be a text, not None"),
        (DAILY | {"timezone": 1}, "'timezone' must be a text, not 1"),
        (DAILY | {"gap": None}, "'gap' must be a text, not None"),
        (DAILY | {"start_at": 5}, "'start_at' must be a text, not 5"),
        (DAILY | {"start_at": "soon"}, "'start_at' must be an ISO 8601 time, not 'soon'"),
        (DAILY | {"expires_at": "2026-03-02T12:00"}, "'expires_at' must be a time with its zone"),
        (DAILY | {"start_at": "0001-01-01T00:00+05:00"}, "'start_at' lies outside the calendar"),
        ({"kind": "clocked"}, "'at' must be a text"),
        ({"kind": "interval", "every_microseconds": 1.5}, "must be a whole number, not 1.5"),
        ({"kind": "interval", "every_microseconds": True}, "must be a whole number, not True"),
        ({"kind": "solar", "event": "sunset", "latitude": "1"}, "'latitude' must be a number"),
    ],
)
def test_nonsense_is_refused(data, said):
    with pytest.raises(InvalidCadence, match=f"cadence: .*{said}"):
        Cadence.from_json(data)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (DAILY | {"crontab": "60 0 * * *"}, "minute"),
        (DAILY | {"timezone": "Mars/Olympus"}, "timezone"),
        (DAILY | {"gap": "first"}, "gap"),
        (DAILY | {"repeat": "shift"}, "repeat"),
        ({"kind": "interval", "every_microseconds": 0, "anchor_at": NOON.isoformat()}, "interval"),
        ({"kind": "solar", "event": "dusk", "latitude": 0, "longitude": 0}, "solar"),
    ],
)
def test_a_wrong_value_is_refused_by_its_own_field(data, field):
    with pytest.raises(InvalidCadence) as refused:
        Cadence.from_json(data)

    assert refused.value.field == field
