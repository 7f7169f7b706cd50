"""What a schedule does when something comes in between, a sentence for each policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduling.policies import CatchUp, Gap, Overlap, Policies, Repeat

MINUTE, HOUR, DAY = 60, 3600, 24 * 3600  # seconds


def sentences_of(policies: Policies) -> list[str]:
    """Return what the policies come to, in the order of the form."""
    return [tell(policies) for tell in TOLD]


def duration_text(seconds: int) -> str:
    """Return a length of time by the largest unit that it is whole in, as in "24 hours"."""
    if seconds and seconds % DAY == 0 and seconds > DAY:
        return ngettext("%(n)s day", "%(n)s days", seconds // DAY) % {"n": seconds // DAY}
    if seconds and seconds % HOUR == 0:
        return ngettext("%(n)s hour", "%(n)s hours", seconds // HOUR) % {"n": seconds // HOUR}
    if seconds and seconds % MINUTE == 0:
        minutes = seconds // MINUTE
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    return ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}


def catch_up_text(policies: Policies) -> str:
    said = {"window": duration_text(policies.catch_up_window)}
    texts = {
        CatchUp.SKIP: _("A time that passes while nothing can run is missed and not made up for."),
        CatchUp.ONCE: _(
            "Of times that pass while nothing can run, the latest within %(window)s is made up for."
        ),
        CatchUp.ALL: _(
            "Times that pass while nothing can run are all made up for within %(window)s, up to 100."
        ),
    }
    return texts[CatchUp(policies.catch_up)] % said


def overlap_text(policies: Policies) -> str:
    texts = {
        Overlap.SKIP: _("While a run is going on, times that come are skipped."),
        Overlap.WAIT: _("While a run is going on, the next time waits for its end."),
        Overlap.ALLOW: _("While a run is going on, the next one starts beside it."),
    }
    return texts[Overlap(policies.overlap)]


def retries_text(policies: Policies) -> str:
    if not policies.retries:
        return _("A run that fails is not tried again.")
    text = ngettext(
        "A run that fails is tried again once.",
        "A run that fails is tried again up to %(n)s times, after longer and longer pauses.",
        policies.retries,
    )
    return text % {"n": policies.retries}


def gap_text(policies: Policies) -> str:
    if policies.gap == Gap.SHIFT:
        return _("A time that is skipped when the clocks go forward runs right afterwards.")
    return _("A time that is skipped when the clocks go forward does not run on that day.")


def repeat_text(policies: Policies) -> str:
    if policies.repeat == Repeat.BOTH:
        return _("A time that comes twice when the clocks go back runs both times.")
    return _("A time that comes twice when the clocks go back runs the first time only.")


def spread_text(policies: Policies) -> str:
    minutes = policies.spread_minutes
    if not minutes:
        return _("It starts at its time, not some minutes later.")
    text = ngettext(
        "It starts at some moment within a minute after its time.",
        "It starts at some moment within %(n)s minutes after its time.",
        minutes,
    )
    return text % {"n": minutes}


def alarm_text(policies: Policies) -> str:
    text = _("Owners are told by mail of a time that is not done %(after)s later.")
    return text % {"after": duration_text(policies.alarm_after)}


TOLD: tuple[Callable[[Policies], str], ...] = (
    catch_up_text,
    overlap_text,
    retries_text,
    gap_text,
    repeat_text,
    spread_text,
    alarm_text,
)
#: Of the fields in which a number is written, how it is read.
NUMBERS: dict[str, Callable[[int], Any]] = {
    "retries": str,
    "spread_minutes": str,
}
