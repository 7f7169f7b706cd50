"""How long something took, in words; `relative` tells how far off something is."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _


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
