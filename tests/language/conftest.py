import pytest
from django.utils.translation import trans_real

from tests.language.marked import MarkedLanguage
from wording import showing


@pytest.fixture
def in_brackets(monkeypatch):
    """Have German be a language in which each text of a catalogue stands in brackets."""
    showing._shown.cache_clear()
    monkeypatch.setitem(vars(trans_real)["_translations"], "de", MarkedLanguage())
    yield
    showing._shown.cache_clear()
