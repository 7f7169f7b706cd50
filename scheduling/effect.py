"""What a schedule would do, as its page shows it: figures, a sample, and a strip of bars."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from scheduling import hooks
from scheduling.catalogue import Entry, ParametersError
from scheduling.hooks import Day, Effect, Example
from wording.showing import shown

#: The strip of bars, in the units of its drawing: how high it is, and a bar with the gap after it.
HEIGHT, STEP, GAP = 60, 10, 2
#: A day on which little was done is seen, too.
LEAST_BAR = 2


class Bar(NamedTuple):
    """One day of the strip, with whole numbers: they are written alike in all languages."""

    x: int
    y: int
    width: int
    height: int
    day: Day


@dataclass(frozen=True)
class Preview:
    """What a page shows of a hook's answer; where the parameters are none, why."""

    what: Any
    headings: Sequence[Any] = ()
    effect: Effect | None = None
    days: Sequence[Day] = ()
    error: str = ""
    height: int = HEIGHT

    @property
    def total(self) -> int:
        return sum(day.number for day in self.days)

    @property
    def most(self) -> int:
        return max((day.number for day in self.days), default=0)

    @property
    def is_least(self) -> bool:
        """Whether there were more on some day than were counted."""
        return any(day.is_least for day in self.days)

    @property
    def width(self) -> int:
        return STEP * len(self.days)

    @property
    def sample(self) -> Sequence[Example]:
        return self.effect.sample if self.effect else ()

    @property
    def bars(self) -> list[Bar]:
        heights = [bar_height(day.number, self.most) for day in self.days]
        return [
            Bar(place * STEP, HEIGHT - height, STEP - GAP, height, day)
            for place, (height, day) in enumerate(zip(heights, self.days, strict=True))
        ]


def bar_height(number: int, most: int) -> int:
    return max(LEAST_BAR, number * HEIGHT // most) if number else 0


def preview_of(entry: Entry, given: Mapping[str, Any], at: datetime) -> Preview | None:
    """Return what a run with these parameters would do; None if the task does not say.

    `given` are values as they stand in a form; those of other fields are left out, and what is
    missing has its default.
    """
    return asked_of(entry, given, lambda hook, them: (hook.now(them, at), hook.days(them, at)))


def preview_now(entry: Entry, given: Mapping[str, Any], at: datetime) -> Preview | None:
    """Return the same without the days before `at`."""
    return asked_of(entry, given, lambda hook, them: (hook.now(them, at), ()))


Answer = Callable[[hooks.Preview, dict[str, Any]], tuple[Effect, Sequence[Day]]]


def asked_of(entry: Entry, given: Mapping[str, Any], ask: Answer) -> Preview | None:
    hook = entry.preview
    if hook is None:
        return None
    fields = entry.form.base_fields
    own = {name: value for name, value in given.items() if name in fields and value is not None}
    try:
        parameters = entry.parameters(own)
    except ParametersError as error:
        return Preview(hook.what, error=shown(str(error)))
    return Preview(hook.what, hook.headings, *ask(hook, parameters))
