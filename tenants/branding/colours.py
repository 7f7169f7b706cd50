"""Whether text can be read on a colour, and the nearest one on which it can.

Luminance and contrast as WCAG 2.2 defines them; AA asks 4.5 to 1 of text of ordinary size.
"""

import re
from typing import NamedTuple

LEAST_CONTRAST = 4.5
FULL, SHORT = re.compile("#[0-9a-f]{6}"), re.compile("#[0-9a-f]{3}")
STEPS = 256


class Colour(NamedTuple):
    red: int
    green: int
    blue: int

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @property
    def luminance(self) -> float:
        red, green, blue = (linear(channel / 255) for channel in self)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def darkened(self, share: float) -> "Colour":
        """Return this colour with so much of its light, between 0 and 1."""
        return Colour(*(int(channel * share) for channel in self))


WHITE = Colour(255, 255, 255)


def linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def colour_in(text: str) -> Colour | None:
    """Return the colour that a text names as #rrggbb or #rgb, in either case; None for none."""
    text = text.strip().lower()
    if SHORT.fullmatch(text):
        text = "#" + "".join(2 * digit for digit in text[1:])
    if not FULL.fullmatch(text):
        return None
    return Colour(*(int(text[place : place + 2], 16) for place in (1, 3, 5)))


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast between two colours, from 1 to 21."""
    darker, lighter = sorted([one.luminance, other.luminance])
    return (lighter + 0.05) / (darker + 0.05)


def is_readable(accent: Colour) -> bool:
    """Whether white text can be read on it. It is white in the light theme and in the dark one."""
    return contrast(WHITE, accent) >= LEAST_CONTRAST


def readable_near(accent: Colour) -> Colour:
    """Return the lightest shade of a colour on which white text can be read."""
    shades = (accent.darkened(step / STEPS) for step in range(STEPS, 0, -1))
    return next((shade for shade in shades if is_readable(shade)), Colour(0, 0, 0))
