"""What a schedulable task may offer beside its body, as options of its decorator.

These are shapes and no base classes: a task's app need not know ours. All are about one tenant, the
one whose schema the connection is in, and are shared by all requests, so they keep nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from django.db.models import Model


class Progress(Protocol):
    """What a task's body returns, or yields after each step. Each may be left out; so may all of it."""

    @property
    def examined(self) -> int:
        """How many things were looked at."""

    @property
    def closed(self) -> int:
        """How many of them something was done to."""

    @property
    def is_last(self) -> bool:
        """Whether the body is through, so that it need not be asked once more."""

    @property
    def skipped(self) -> Any:
        """With what is last: why nothing more is done, as an English text that gettext knows.

        The run ends with it as its reason, and as skipped where nothing was done before.
        """


class Step(Protocol):
    """What one step of an undo did."""

    @property
    def done(self) -> int:
        """How many things were taken back."""

    @property
    def busy(self) -> int:
        """In the last step: how many were left since somebody was at them."""


class Trace(Protocol):
    """One thing that a run did, and what became of it since."""

    @property
    def key(self) -> int:
        """Its place among them: positive, unique for the run."""

    @property
    def instance(self) -> Model | None:
        """The row it was done to, whose page is linked; None if that is gone."""

    @property
    def cells(self) -> Sequence[Any]:
        """What is shown of it, one for each heading; the first is what the link says."""

    @property
    def note(self) -> Any:
        """Why an undo passes over it, or that it was undone; empty if it is as the run left it."""

    @property
    def at(self) -> datetime | None:
        """When that was."""


class Undo(Protocol):
    """Option `undo`: lists what a run did, and takes it back."""

    #: What a button says that does it, and the headings of the list.
    verb: Any
    headings: Sequence[Any]

    def traces(
        self, run_id: int, after: int, size: int, only_changed: bool = False
    ) -> Sequence[Trace]:
        """Return the first so many things that a run did with a key above `after`, by key.

        With `only_changed` those that an undo passes over, since they were changed after the run.
        """

    def take_back(self, run_id: int) -> Iterator[Step]:
        """Take back what the run did and nobody changed since, in short steps.

        Each is taken in a transaction of the caller's, which counts it; none waits for anybody. May be
        broken off, begun again, and be done twice at once: each thing is taken back and counted once.
        """

    def forget(self, run_ids: Collection[int]) -> None:
        """Forget what was remembered of these runs alone; they are deleted in the same transaction."""


class Sum(Protocol):
    """What a run would do in one currency: how often, and the amount of it all."""

    @property
    def currency(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def total(self) -> Decimal: ...


class Example(Protocol):
    """One thing that a run would do something to."""

    @property
    def instance(self) -> Model: ...
    @property
    def cells(self) -> Sequence[Any]:
        """What is shown of it, one for each heading; the first is what the link says."""


class Effect(Protocol):
    """What a run would do at one instant."""

    @property
    def number(self) -> int: ...
    @property
    def sums(self) -> Sequence[Sum]: ...
    @property
    def sample(self) -> Sequence[Example]:
        """A few of them."""

    @property
    def is_least(self) -> bool:
        """Whether there may be more, as so many were looked at and no others."""

    @property
    def note(self) -> Any:
        """What else is to be said, such as why nothing would be done; empty as a rule."""


class Day(Protocol):
    """A day on the tenant's calendar, and how much a run would have done on it."""

    @property
    def day(self) -> date: ...
    @property
    def number(self) -> int: ...
    @property
    def is_least(self) -> bool:
        """Whether there may have been more."""

    @property
    def note(self) -> Any:
        """What was special about this day; empty as a rule."""


class Preview(Protocol):
    """Option `preview`: says what a run would do, without doing it.

    Is asked while a page is made, so it must answer within a tenth of a second or two, and writes
    nothing. `parameters` are such as the task's form accepts.
    """

    #: What the figures count, as a heading; and the headings of the sample.
    what: Any
    headings: Sequence[Any]

    def now(self, parameters: Mapping[str, Any], at: datetime) -> Effect:
        """Return what a run of the slot `at` would do."""

    def days(self, parameters: Mapping[str, Any], at: datetime) -> Sequence[Day]:
        """Return what would have been done on each day of the last weeks up to `at`, oldest first."""


class Brake(Protocol):
    """Option `brake`: says how much a run would do, so that one that would do unusually much is held.

    What it counts is what the body reports as `closed`. The body's first step is taken, and taken
    back when it turns out to be too much: its effect must be in the database alone.
    """

    def exceeds(self, parameters: Mapping[str, Any], at: datetime, limit: int) -> bool:
        """Whether a run of the slot `at` would do more than `limit`; looks at no more than that many."""

    def count(self, parameters: Mapping[str, Any], at: datetime, most: int) -> int:
        """Return how much a run of the slot `at` would do; looks no further than `most`."""
