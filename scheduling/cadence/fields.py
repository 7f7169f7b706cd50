"""Read one crontab field as Celery reads it, and refuse what Celery misreads in silence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from celery.schedules import crontab_parser

from scheduling.cadence.invalid import InvalidCadence
from wording.sentences import Sentence
from wording.sentences import noop as _

EMPTY = Sentence(_("the field is empty; use * for every value"))
TOO_LONG = Sentence(_("the field has %(length)s characters; use at most %(most)s"))
EMPTY_ITEM = Sentence(
    _("an item between commas is empty; use commas only between items, as in 1,2")
)
NOT_UNDERSTOOD = Sentence(_("%(text)s is not understood; %(hint)s"))
NO_STEP = Sentence(_("%(text)s is not a step; use 1 to %(most)s, as in */5"))
OUT_OF_RANGE = Sentence(_("%(value)s is out of range; use %(low)s to %(high)s"))
NO_NAME = Sentence(_("%(word)s is not a name for it; %(hint)s"))
NUMBERS = Sentence(
    _("use %(low)s to %(high)s, a list as in 1,2, a range as in 1-5 or a step as in */5")
)
NUMBERS_OR_NAMES = Sentence(
    _(
        "use %(low)s to %(high)s or %(first)s to %(last)s, a list as in 1,2, a range as in 1-5 or a "
        "step as in */5"
    )
)

MONTH_NAMES = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
DAY_NAMES = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")

# Celery's own patterns stop at the first character they do not know ("1-5!" is 1-5 to them) and its
# int() takes Arabic digits and underscores, so the whole item is matched here first.
ITEM = re.compile(
    r"""(?: (?P<star>\*) | (?P<first>[0-9]+|[A-Za-z]+) (?:-(?P<last>[0-9]+|[A-Za-z]+))? )
        (?:/(?P<step>[0-9]+))?""",
    re.ASCII | re.VERBOSE,
)


class Item(NamedTuple):
    """One of a field's items between commas: `first` to `last`, every `step`."""

    first: int
    last: int
    step: int


@dataclass(frozen=True, slots=True)
class Field:
    """What one of the five fields may hold: numbers from `low` to `high`, or `names` for them.

    `longest` is how many characters its column in django_celery_beat's CrontabSchedule holds.
    """

    name: str
    low: int
    high: int
    longest: int
    names: tuple[str, ...] = ()

    def parse(self, text: str) -> frozenset[int]:
        """The numbers that `text` names. InvalidCadence if it is no crontab field."""
        if not text:
            raise self._error(EMPTY())
        if len(text) > self.longest:
            raise self._error(TOO_LONG(length=len(text), most=self.longest))
        return frozenset(
            value for item in text.split(",") for value in self.expand(self._read(item))
        )

    def expand(self, item: Item) -> set[int]:
        return celery_range(item, self.low, self.high)

    def _read(self, text: str) -> Item:
        if not text:
            raise self._error(EMPTY_ITEM())
        match = ITEM.fullmatch(text)
        # As in Celery, a step needs a range to walk along: 5/10 is not 5-59/10.
        if match is None or (match["step"] and not (match["star"] or match["last"])):
            raise self._error(NOT_UNDERSTOOD(text=repr(text), hint=self._hint()))
        step = self._step(text, match["step"])
        if match["star"]:
            return Item(self.low, self.high, step)
        first = self._value(match["first"])
        return Item(first, self._value(match["last"] or match["first"]), step)

    def _step(self, text: str, digits: str | None) -> int:
        step = 1 if digits is None else int(digits)
        if step == 0:
            raise self._error(NO_STEP(text=repr(text), most=self.high - self.low))
        return step

    def _value(self, word: str) -> int:
        value = int(word) if word.isdigit() else self._named(word)
        if not self.low <= value <= self.high:
            raise self._error(OUT_OF_RANGE(value=value, low=self.low, high=self.high))
        return value

    def _named(self, word: str) -> int:
        for value, name in enumerate(self.names, start=self.low):
            if len(word) >= 3 and name.startswith(word.lower()):
                return value
        raise self._error(NO_NAME(word=repr(word), hint=self._hint()))

    def _hint(self) -> str:
        if not self.names:
            return NUMBERS(low=self.low, high=self.high)
        first, last = self.names[0][:3], self.names[-1][:3]
        return NUMBERS_OR_NAMES(low=self.low, high=self.high, first=first, last=last)

    def _error(self, message: str) -> InvalidCadence:
        return InvalidCadence(self.name, message)


class WeekdayField(Field):
    """Days of the week: 0 is Sunday as in Celery, and so is 7, also inside lists and ranges."""

    __slots__ = ()

    def expand(self, item: Item) -> set[int]:
        """As Celery does for 0 to 6.

        Only a range that ends on 7 walks up to it: 5-7 is Friday to Sunday.
        """
        if item.first == 7:
            item = item._replace(first=0, last=item.last % 7)
        return {day % 7 for day in celery_range(item, 0, 7 if item.last == 7 else 6)}


def celery_range(item: Item, low: int, high: int) -> set[int]:
    """What Celery's own parser finds: a range that ends before its start goes on at `low`."""
    parser = crontab_parser(high - low + 1, low)
    return parser.parse(f"{item.first}-{item.last}/{item.step}")


MINUTE = Field("minute", 0, 59, 240)
HOUR = Field("hour", 0, 23, 96)
DAY_OF_MONTH = Field("day_of_month", 1, 31, 124)
MONTH_OF_YEAR = Field("month_of_year", 1, 12, 64, MONTH_NAMES)
DAY_OF_WEEK = WeekdayField("day_of_week", 0, 7, 64, DAY_NAMES)
