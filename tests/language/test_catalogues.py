"""The catalogues of translations: whole, right, compiled, and in step with the code."""

import os
import shutil
import subprocess
import sys

import pytest
from django.conf import settings

from tests.language.catalogue import (
    ROOT,
    as_compiled,
    catalogues,
    compiled,
    header_of,
    placeholders,
    read,
    text_of,
)

#: What `make messages` looks through.
CODE = [
    "admin_parts",
    "exports",
    "locale",
    "orders",
    "saas",
    "scheduling",
    "tenants",
    "tools",
    "wording",
]
LANGUAGES = {path.parent.parent.name: path for path in catalogues()}

pytestmark = pytest.mark.parametrize("language", LANGUAGES)


def test_every_text_is_translated_and_none_is_a_guess(language):
    unfinished = [
        text.key
        for text in read(LANGUAGES[language])
        if "fuzzy" in text.flags or not all(text.translations)
    ]

    assert unfinished == []


def test_a_translation_has_the_placeholders_of_its_text(language):
    wrong = [
        (text.key, translation)
        for text in read(LANGUAGES[language])
        for translation in text.translations
        if placeholders(translation) not in [placeholders(one) for one in text.originals]
    ]

    assert wrong == []


def test_a_translation_ends_as_its_text_does(language):
    """Blanks at the ends part it from what stands beside it."""
    wrong = [
        text.key
        for text in read(LANGUAGES[language])
        for translation in text.translations
        if not same_ends(text.originals[0], translation)
    ]

    assert wrong == []


def same_ends(one, other):
    return one[:1].isspace() == other[:1].isspace() and one[-1:].isspace() == other[-1:].isspace()


def test_each_text_has_as_many_forms_as_the_language_has_plurals(language):
    forms = int(header_of(LANGUAGES[language]).partition("nplurals=")[2][0])

    for text in read(LANGUAGES[language]):
        assert len(text.translations) == (forms if len(text.originals) == 2 else 1), text.key


def test_what_is_compiled_is_what_is_written(language):
    path = LANGUAGES[language]
    written: dict = {}
    for text in read(path):
        written |= as_compiled(text)

    assert compiled(path) == written


@pytest.mark.gettext
def test_it_holds_the_texts_of_the_code_and_no_others(language, tmp_path):
    collected = collect_anew(tmp_path) / LANGUAGES[language].relative_to(ROOT)

    assert keys(collected) == keys(LANGUAGES[language])


def keys(path):
    """Of each text its originals: a plural that is added counts as another text."""
    return {(text.key, *text.originals) for text in read(path)}


def collect_anew(folder):
    """Run `make messages` on a copy of the code; return where that is."""
    for name in CODE:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", folder)
    subprocess.run([folder / "tools" / "messages", sys.executable], check=True, env=import_only())
    return folder


def import_only():
    servers = {
        "DATABASE_URL": "postgres://nobody@127.0.0.1/none",
        "CELERY_BROKER_URL": "redis://127.0.0.1/0",
    }
    return os.environ | servers | {"DEBUG": "1", "DJANGO_SETTINGS_MODULE": "saas.settings"}


def test_every_language_of_the_settings_but_english_has_a_catalogue(language):
    assert {code for code, _name in settings.LANGUAGES} == {"en", *LANGUAGES}


def test_the_reader_of_these_tests_sees_a_guess_and_a_gap(language):
    guess = text_of(["#, fuzzy, python-format", 'msgid "%(n)s of "', '"us"', 'msgstr ""'])

    assert guess.key == (None, "%(n)s of us")
    assert "fuzzy" in guess.flags
    assert guess.translations == [""]
