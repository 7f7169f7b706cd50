"""Showing a stored text in the language that is active."""

from functools import lru_cache
from typing import overload

from django.utils.translation import get_language, gettext

from wording.sentences import LABELS, SENTENCES, Sentence

#: Longer texts, which no sentence of ours fills, are shown as they are, to spare the search.
MAXIMUM = 1000  # characters
#: A sentence may stand in another, as in "kwargs: days: …". Somebody may write more of it.
DEPTH = 4


@overload
def shown(text: str) -> str: ...
@overload
def shown(text: None) -> None: ...


def shown(text: str | None) -> str | None:
    """Return a text in the active language if it is a sentence of ours, else as it is.

    What fills a placeholder is shown likewise, and so is what follows the name of a field.
    """
    return _shown(text, get_language(), DEPTH) if text else text


@lru_cache(maxsize=2048)
def _shown(text: str, language: str | None, depth: int) -> str:
    if len(text) > MAXIMUM or depth == 0:
        return text
    for sentence in sentences():
        values = sentence.values_in(text)
        if values is not None:
            return gettext(sentence.english) % {
                name: terms(value) if name in sentence.terms else _shown(value, language, depth - 1)
                for name, value in values.items()
            }
    name, colon, rest = text.partition(": ")
    if colon and name.isidentifier():
        called = gettext(LABELS[name]) if name in LABELS else name
        return f"{called}: {_shown(rest, language, depth - 1)}"
    return text


def terms(value: str) -> str:
    return ", ".join(map(gettext, value.split(", ")))


def sentences() -> list[Sentence]:
    """Return all there are, the most telling first."""
    return _sentences(len(SENTENCES))


@lru_cache(maxsize=1)
def _sentences(_number: int) -> list[Sentence]:
    return sorted(SENTENCES, key=lambda sentence: -sentence.weight)
