"""Texts are marked where xgettext, which reads the code, finds them."""

import ast

import pytest

from tests.language.catalogue import ROOT
from tests.language.test_catalogues import CODE

MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext"}


def marked_in_vain(source):
    """Return the lines on which a text is marked within an f-string, where xgettext does not look."""
    within = [
        call
        for text in ast.walk(ast.parse(source))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
    ]
    return [
        call.lineno
        for call in within
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in MARKS
        and call.args
        and isinstance(call.args[0], ast.Constant)
    ]


@pytest.mark.parametrize("folder", CODE)
def test_no_text_is_marked_in_vain(folder):
    found = {
        str(path.relative_to(ROOT)): lines
        for path in (ROOT / folder).rglob("*.py")
        if (lines := marked_in_vain(path.read_text("utf-8")))
    }

    assert found == {}


def test_a_mark_within_an_f_string_is_found():
    assert marked_in_vain('f"{_("when")} {name}"'.replace('_("when")', "_('when')")) == [1]
