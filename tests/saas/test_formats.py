"""Dates and times in both languages: with 24 hours, and such that no month is taken for a day."""

import pytest
from django.utils import translation
from django.utils.formats import date_format

from tests.conftest import NOON


@pytest.mark.parametrize(
    ("language", "name", "text"),
    [
        ("en", "DATE_FORMAT", "22 Nov 2026"),
        ("en", "TIME_FORMAT", "12:00"),
        ("en", "DATETIME_FORMAT", "22 Nov 2026, 12:00"),
        ("en", "SHORT_DATETIME_FORMAT", "22 Nov 2026, 12:00"),
        ("de", "DATETIME_FORMAT", "22. November 2026 12:00"),
    ],
)
def test_an_instant_is_written_as_in(language, name, text):
    with translation.override(language):
        assert date_format(NOON, name) == text
