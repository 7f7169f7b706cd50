"""Colours on which white text can be read, and the nearest that will do."""

import pytest

from tenants.branding.colours import WHITE, colour_in, contrast, is_readable, readable_near

BLACK = colour_in("#000000")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("#205067", "#205067"),
        ("#ABCDEF", "#abcdef"),
        (" #abc ", "#aabbcc"),
        ("205067", None),
        ("red", None),
        ("#12345", None),
        ("#1234567", None),
        ("#12345g", None),
        ("#20506\N{ARABIC-INDIC DIGIT SEVEN}", None),
        ("#205067;}", None),
        ("#205067\n}", None),
    ],
)
def test_a_colour_is_read_or_refused(text, told):
    found = colour_in(text)

    assert (str(found) if found else None) == told


def test_contrast_is_as_the_guidelines_have_it():
    """Their own examples: black on white is 21 to 1, and #767676 is just readable on white."""
    assert contrast(WHITE, BLACK) == pytest.approx(21)
    assert contrast(BLACK, WHITE) == pytest.approx(21)
    assert contrast(WHITE, colour_in("#767676")) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(
    ("text", "readable"),
    [("#767676", True), ("#777777", False), ("#205067", True), ("#ffcc00", False), ("#fff", False)],
)
def test_white_text_is_readable_or_not(text, readable):
    assert is_readable(colour_in(text)) is readable


@pytest.mark.parametrize("text", ["#ffffff", "#ffcc00", "#00ff00", "#777777", "#ff80c0", "#ffff01"])
def test_the_nearest_shade_is_readable_and_a_lighter_one_is_not(text):
    asked = colour_in(text)
    near = readable_near(asked)

    assert is_readable(near)
    assert not is_readable(asked.darkened((near[0] or near[1]) / (asked[0] or asked[1]) * 1.05))


def test_a_shade_keeps_its_hue():
    red, green, blue = readable_near(colour_in("#ffcc00"))

    assert red > green > blue == 0
