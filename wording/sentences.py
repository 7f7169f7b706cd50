"""The sentences themselves. Nothing here knows Django: pure modules use it too."""

from __future__ import annotations

import re
from collections.abc import Collection

#: All that modules have made, in no order.
SENTENCES: list[Sentence] = []
#: By what texts call a thing, in front of a colon, what people call it.
LABELS: dict[str, str] = {}

PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def noop(english: str) -> str:
    """Mark a text for the catalogues, where it is only shown later. Import it as `_`."""
    return english


def label(name: str, english: str) -> None:
    """Have texts that begin with "name: " shown with the name that people know, as in "hour: "."""
    LABELS[name] = english


class Sentence:
    """A text with named placeholders. Called with their values it returns the English sentence.

    One each, at the top of a module, so that whoever reads a text knows all that it can be. `terms`
    are placeholders that hold words of a catalogue, one or several with commas.
    """

    def __init__(self, english: str, *, terms: Collection[str] = ()) -> None:
        self.english = english
        self.terms = frozenset(terms)
        #: Of two that fit a text, the one that says more of it itself is meant.
        self.weight = len(PLACEHOLDER.sub("", english))
        self._pattern = re.compile(pattern_of(english), re.DOTALL)
        SENTENCES.append(self)

    def __call__(self, **values: object) -> str:
        return self.english % values

    def values_in(self, text: str) -> dict[str, str] | None:
        """Return what the placeholders hold if `text` is this sentence, else None."""
        found = self._pattern.fullmatch(text)
        return found.groupdict() if found else None


def fixed(english: str) -> str:
    """Return a sentence without placeholders, once it is known to be one."""
    return Sentence(english)()


def pattern_of(english: str) -> str:
    """Return a regular expression of what a sentence can be. A placeholder may come twice."""
    pieces, seen = [], set()
    for number, piece in enumerate(PLACEHOLDER.split(english)):
        if number % 2 == 0:
            pieces.append(re.escape(piece.replace("%%", "%")))
        else:
            pieces.append(f"(?P={piece})" if piece in seen else f"(?P<{piece}>.*?)")
            seen.add(piece)
    return "".join(pieces)
