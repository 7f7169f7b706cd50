"""The mail to the platform: how many schedules, and whose. Nothing of it was written by a tenant."""

from collections.abc import Iterator
from datetime import datetime

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Count, Min, Q
from django.urls import reverse

from scheduling.agenda.alarms.models import Alarm, AlarmPass, AlarmQuerySet, rest
from scheduling.agenda.alarms.post import HEADERS, Postbox, ServerAway

logger = structlog.get_logger(__name__)

#: Tenants that the mail names, those with the most schedules first.
NAMED = 20


def tell_platform(now: datetime, mailed_at: datetime | None) -> int:
    """Send one mail about all that is owed, if the last one is long enough ago; return how many."""
    owed = Alarm.objects.owed("platform", now)
    is_resting = mailed_at is not None and now - rest() < mailed_at <= now
    if is_resting or not owed.exists():
        return 0
    if not settings.ALARM_EMAILS:
        logger.error("nobody of the platform is told: ALARM_EMAILS is empty", owed=owed.count())
        owed.mark_told("platform", now)
        return 0
    try:
        with Postbox() as postbox:
            postbox.send([message_about(owed)])
    except ServerAway:
        return 0
    AlarmPass.objects.update(platform_mailed_at=now)
    owed.mark_told("platform", now)
    return 1


def message_about(owed: AlarmQuerySet) -> EmailMessage:
    missed, well = owed.open().count(), owed.exclude(recovered_at=None).count()
    lines = [
        f"Schedules with a missed run: {missed}",
        f"Schedules well again or no longer expected to run: {well}",
        f"Schedules with a missed run in all: {Alarm.objects.open().count()}",
        "",
        *tenants_in(owed),
        "",
        f"All of them: {address()}",
    ]
    return EmailMessage(
        subject=f"{settings.BASE_DOMAIN}: {missed} missed, {well} well again",
        body="\n".join(lines) + "\n",
        to=settings.ALARM_EMAILS,
        headers=HEADERS,
    )


def tenants_in(owed: AlarmQuerySet) -> Iterator[str]:
    """Yield a line for each of the tenants concerned most; one tenant cannot crowd the others out."""
    counted = owed.values("tenant__slug").annotate(
        missed=Count("pk", filter=Q(recovered_at=None)),
        well=Count("pk", filter=Q(recovered_at__isnull=False)),
        since=Min("slot_at"),
    )
    rows = list(counted.order_by("-missed", "since")[: NAMED + 1])
    for row in rows[:NAMED]:
        yield (
            f"{row['tenant__slug']}: {row['missed']} missed, {row['well']} well again, "
            f"first slot {row['since']:%Y-%m-%d %H:%M} UTC"
        )
        yield f"  {address(row['tenant__slug'])}"
    if len(rows) > NAMED:
        yield "and more tenants"


def address(slug: str = "") -> str:
    """Return where the platform's site lists alarms: on the base domain, never a request's host."""
    path = reverse("admin:agenda_alarm_changelist", urlconf=settings.PUBLIC_SCHEMA_URLCONF)
    base = f"{settings.SITE_SCHEME}://{settings.BASE_DOMAIN}{settings.SITE_PORT}{path}"
    return f"{base}?tenant={slug}" if slug else base
