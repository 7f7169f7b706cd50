"""How far away an instant is, as in "in 3 hours" and "3 hours ago": beside a time, never in its place."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def relative_text(at: datetime, now: datetime) -> str:
    """Return how far an instant lies ahead, by the largest unit of which there are two or more."""
    ahead = at - now
    if ahead < MINUTE:
        return _("in less than a minute")
    unit = unit_of(ahead)
    number = ahead // unit
    texts = {
        MINUTE: ngettext("in %(n)s minute", "in %(n)s minutes", number),
        HOUR: ngettext("in %(n)s hour", "in %(n)s hours", number),
        DAY: ngettext("in %(n)s day", "in %(n)s days", number),
    }
    return texts[unit] % {"n": number}


def ago_text(at: datetime, now: datetime) -> str:
    """Return how long ago an instant was, by the largest unit of which there are two or more."""
    ago = now - at
    if ago < MINUTE:
        return _("just now")
    unit = unit_of(ago)
    number = ago // unit
    texts = {
        MINUTE: ngettext("%(n)s minute ago", "%(n)s minutes ago", number),
        HOUR: ngettext("%(n)s hour ago", "%(n)s hours ago", number),
        DAY: ngettext("%(n)s day ago", "%(n)s days ago", number),
    }
    return texts[unit] % {"n": number}


def unit_of(span: timedelta) -> timedelta:
    """Return the largest unit of which a span has two or more, else a minute."""
    return next((unit for unit in (DAY, HOUR) if span >= 2 * unit), MINUTE)
