"""How far away an instant is, as in "in 3 hours": beside a time, never in its place."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def relative_text(at: datetime, now: datetime) -> str:
    """Return how far an instant lies ahead, by the largest unit of which there are two or more."""
    ahead = at - now
    if ahead < MINUTE:
        return _("in less than a minute")
    if ahead < 2 * HOUR:
        minutes = ahead // MINUTE
        return ngettext("in %(n)s minute", "in %(n)s minutes", minutes) % {"n": minutes}
    if ahead < 2 * DAY:
        hours = ahead // HOUR
        return ngettext("in %(n)s hour", "in %(n)s hours", hours) % {"n": hours}
    days = ahead // DAY
    return ngettext("in %(n)s day", "in %(n)s days", days) % {"n": days}
