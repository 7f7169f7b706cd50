"""How an instant is shown to people: in the schedule's own zone, which is named."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from tenants.names import known_timezones


def slot_text(slot_at: datetime | None, zone: str | None) -> str | None:
    """Return a slot on the clocks of its zone, as in "Mon 23 Nov 2026, 00:00 CET"; None for none."""
    if slot_at is None:
        return None
    local = slot_at.astimezone(ZoneInfo(zone or "UTC"))
    # Translators: the order of day and month, and what stands between, in the letters of Django's
    # template filter "date".
    form = _("D j M Y, H:i")
    return f"{date_format(local, form)} {local.tzname()}"


def next_text(row: Mapping[str, Any]) -> str | None:
    """Return when a schedule of the overview fires next; with a spread, also its slot and how wide.

    Of one that is paused, who did that, since when, until when and why.
    """
    if paused := pause_text(row):
        return paused
    shown = slot_text(row.get("next_at"), row.get("timezone"))
    if shown is None or not row.get("spread_minutes"):
        return shown
    return _("%(fires)s (slot %(slot)s, spread over %(minutes)s minutes)") % {
        "fires": shown,
        "slot": slot_text(row["slot_at"], row.get("timezone")),
        "minutes": row["spread_minutes"],
    }


def pause_text(row: Mapping[str, Any]) -> str | None:
    """Return what is known of the pause of a schedule of the overview; None if it is not paused."""
    if not row or row["enabled"]:
        return None
    pause = row.get("pause")
    if pause is None:  # by SQL, or as a one-off that fired
        return _("Paused.")
    # One that does not exist may stand there.
    zone = row["timezone"] if row.get("timezone") in known_timezones() else None
    facts = {
        "by": pause["by"],
        "since": slot_text(pause["since"], zone),
        "until": slot_text(pause["until"], zone),
    }
    if pause["until"]:
        said = _("Paused by %(by)s since %(since)s, until %(until)s.") % facts
    else:
        said = _("Paused by %(by)s since %(since)s.") % facts
    if not pause["reason"]:
        return said
    return _("%(paused)s Reason: %(reason)s") % {"paused": said, "reason": pause["reason"]}
