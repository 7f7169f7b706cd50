"""A language that puts each text of a catalogue into brackets, and what of a page is in none.

What is left outside was never marked for translation, or is what somebody's data say.
"""

import re
from html.parser import HTMLParser

BEGIN, END = "⟦", "⟧"
INNERMOST = re.compile(f"{BEGIN}[^{BEGIN}{END}]*{END}", re.DOTALL)
WORD = re.compile(r"[A-Za-z]{2,}")
#: Attributes that people see or hear.
SPOKEN = {"alt", "aria-description", "aria-label", "aria-roledescription", "placeholder", "title"}
UNSEEN = {"script", "style", "template"}
#: The alternative texts of pictures in Django's admin are marked in no release.
LEFT_BY_DJANGO = {"Search", "True", "False"}


class MarkedLanguage:
    """Stands in for the translation that Django keeps of a language."""

    def gettext(self, text):
        return f"{BEGIN}{text.rpartition(chr(4))[2]}{END}"

    def ngettext(self, one, many, number):
        return self.gettext(one if number == 1 else many)

    def to_language(self):
        return "de"

    def language(self):
        return "de"


class Reader(HTMLParser):
    """Collects what a page says, in pieces: text between tags, and attributes that are read out."""

    def __init__(self):
        super().__init__()
        self.said, self._inside, self._option = [], [], None

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if given.get("type") != "hidden":
            self.said += [value for name, value in given.items() if name in SPOKEN and value]
        if tag == "input" and given.get("type") in {"submit", "button", "reset"}:
            self.said.append(given.get("value") or "")
        if tag in UNSEEN or (tag == "th" and "hidden" in given.get("class", "").split()):
            self._inside.append(tag)
        # A choice that is called by what is sent for it is a name: of a zone, say.
        self._option = given.get("value") if tag == "option" else None

    def handle_endtag(self, tag):
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data):
        if not self._inside and data.strip() != self._option:
            self.said.append(data)


def unmarked(page, data):
    """Return what a page says in letters outside all brackets, but for `data`, a pattern."""
    reader = Reader()
    # First the brackets, for there may be tags within, and then what is said beside them.
    reader.feed(without_marked(page))
    rest = (" ".join(data.sub(" ", text).split()) for text in reader.said)
    return [text for text in rest if WORD.search(text) and text not in LEFT_BY_DJANGO]


def without_marked(text):
    while (shorter := INNERMOST.sub(" ", text)) != text:
        text = shorter
    return text
