"""No cell is a formula when a spreadsheet opens the file, and nothing else is changed."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from exports.cells import cell

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "|cmd",
    "%0A=1",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "\u00a0=1",
    "\u3000=1",
    "\ufeff=1",
    "\u200b=1",
    '"=1',
    "'=1",
    "＝1",  # noqa: RUF001
    "＋1",  # noqa: RUF001
    "－1",  # noqa: RUF001
    "＠1",  # noqa: RUF001
]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_could_be_a_formula_is_text(text):
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", "A1", "Smith & Co", "3-4", "1=1", "a@b.c", " plain", '"quoted"']
)
def test_other_text_is_left_alone(text):
    assert cell(text) == text


@pytest.mark.parametrize("number", [-5, Decimal("-1.50"), 0, None, True])
def test_numbers_stay_numbers(number):
    assert cell(number) is number


def test_instants_are_in_utc():
    noon = datetime(2026, 11, 22, 13, 0, tzinfo=timezone(timedelta(hours=1)))

    assert cell(noon) == "2026-11-22T12:00:00Z"
    assert cell(datetime(2026, 11, 22, tzinfo=UTC)) == "2026-11-22T00:00:00Z"


def test_what_is_structured_is_json():
    assert cell({"who": ["=1", None]}) == '{"who": ["=1", null]}'
