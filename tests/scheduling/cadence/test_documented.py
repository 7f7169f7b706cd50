"""The examples of docs/cadence.md, each computed again."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from scheduling.cadence import CrontabCadence, InvalidCadence

PAGE = Path(__file__).parents[3] / "docs" / "cadence.md"
#: The rows of the table of examples, without their reasons.
EXAMPLES = [
    [cell.strip() for cell in line.strip("| ").split(" | ")][:5]
    for line in PAGE.read_text().splitlines()
    if line.startswith("| `") and line.count(" | ") == 5
]


@pytest.mark.parametrize(("text", "zone", "after", "usual", "other"), EXAMPLES)
def test_an_example_is_what_fires(text, zone, after, usual, other):
    assert shown(text.strip("`"), zone, after) == usual
    expected = usual if other == "the same" else other
    assert shown(text.strip("`"), zone, after, gap="skip", repeat="both") == expected


def test_the_page_has_examples_of_every_sort():
    assert len(EXAMPLES) >= 15
    assert {"Asia/Kolkata", "Australia/Lord_Howe"} <= {zone for _text, zone, *_ in EXAMPLES}


@pytest.mark.parametrize("text", ["5/10", "1,,2", "60", "L", "1#2"])
def test_what_the_page_calls_refused_is(text):
    assert f"`{text}`" in PAGE.read_text() or f"`{text[1:2]}`" in PAGE.read_text()

    with pytest.raises(InvalidCadence, match="minute"):
        CrontabCadence.parse(f"{text} * * * *", "UTC")


def shown(text, zone, after, **choice):
    cadence = CrontabCadence.parse(text, zone, **choice)
    instant = datetime.fromisoformat(after).replace(tzinfo=UTC)
    found: list[str] = []
    while len(found) < 2 and (instant := cadence.next_after(instant)):
        found.append(f"{instant.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M %Z}")
    return ", ".join(found) or "none"
