"""Reading a catalogue of translations as its translator sees it, and as the program does."""

import gettext
import re
from ast import literal_eval
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "locale"
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sd]|\{\w*\}|</?\w+>")
LINE = re.compile(r'(?:(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?) )?(".*")\Z')


@dataclass
class Text:
    """A text of the code with its translations: one, or one for each form of the plural."""

    flags: str = ""
    parts: dict[str, str] = field(default_factory=dict)

    @property
    def key(self):
        return self.parts.get("msgctxt"), self.parts["msgid"]

    @property
    def originals(self):
        return [self.parts[name] for name in ("msgid", "msgid_plural") if name in self.parts]

    @property
    def translations(self):
        return [text for name, text in self.parts.items() if name.startswith("msgstr")]

    @property
    def is_header(self):
        return not self.parts["msgid"]


def placeholders(text):
    return sorted(PLACEHOLDER.findall(text.replace("%%", "")))


def catalogues():
    return sorted(FOLDER.glob("*/LC_MESSAGES/django.po"))


def read(path):
    """Return the texts of a .po file, without its header."""
    return [text for text in map(text_of, blocks(path)) if text.parts and not text.is_header]


def header_of(path):
    return text_of(next(blocks(path))).parts["msgstr"]


def blocks(path):
    yield from (block.splitlines() for block in path.read_text("utf-8").split("\n\n"))


def text_of(lines):
    text, name = Text(), ""
    for line in lines:
        if line.startswith("#,"):
            text.flags += line
        elif found := LINE.match(line):
            name = found[1] or name
            text.parts[name] = text.parts.get(name, "") + literal_eval(found[2])
    return text


def compiled(path):
    """Return what a .mo file holds, as `gettext` keeps it: by text, or by text and plural form."""
    with path.with_suffix(".mo").open("rb") as file:
        held = vars(gettext.GNUTranslations(file))["_catalog"]
    return {key: text for key, text in held.items() if key}  # the header differs in its dates


def as_compiled(text):
    """Return what a .mo file should hold of a text."""
    context, original = text.key
    key = original if context is None else f"{context}\x04{original}"
    if len(text.originals) == 1:
        return {key: text.translations[0]}
    return {(key, form): one for form, one in enumerate(text.translations)}
