"""How an instant is shown to people: in the schedule's own zone, which is named."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format


def slot_text(slot_at: datetime | None, zone: str | None) -> str | None:
    """Return a slot on the clocks of its zone, as in "Mon 23 Nov 2026, 00:00 CET"; None for none."""
    if slot_at is None:
        return None
    local = slot_at.astimezone(ZoneInfo(zone or "UTC"))
    return f"{date_format(local, 'D j M Y, H:i')} {local.tzname()}"
