"""How long something took and how long ago it was, in words; `relative` tells what is ahead."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def duration_text(duration: timedelta | None) -> str | None:
    """Return a duration in its one or two largest units; None for none."""
    if duration is None:
        return None
    seconds = max(duration.total_seconds(), 0.0)
    if seconds < 1:
        return _("under a second")
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes_rest = divmod(minutes, 60)
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes_rest}
    if minutes:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest}
    return _("%(seconds)d s") % {"seconds": int(seconds)}


def ago_text(at: datetime, now: datetime) -> str:
    """Return how long ago an instant was, by the largest unit of which there are two or more."""
    ago = now - at
    if ago < MINUTE:
        return _("just now")
    if ago < 2 * HOUR:
        minutes = ago // MINUTE
        return ngettext("%(n)s minute ago", "%(n)s minutes ago", minutes) % {"n": minutes}
    if ago < 2 * DAY:
        hours = ago // HOUR
        return ngettext("%(n)s hour ago", "%(n)s hours ago", hours) % {"n": hours}
    days = ago // DAY
    return ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": days}
