"""The mail to one owner, in the owner's language and time zone: what is missed and what runs again."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduling.agenda.alarms.models import Alarm
from scheduling.agenda.alarms.post import HEADERS
from tenants.accounts.models import User
from tenants.models import Tenant

#: Schedules that one mail names; it tells how many more there are.
NAMED = 50


class Sender(NamedTuple):
    """What a tenant calls itself, and where its pages are."""

    name: str
    address: str


def letter_to(owner: User, tenant: Tenant, sender: Sender, alarms: Sequence[Alarm]) -> EmailMessage:
    """Return the mail about `alarms`, which are sorted by schedule and time.

    Its Message-ID is the same for the same news, so that mail systems can tell a repeat.
    """
    stories = [list(group) for _id, group in groupby(alarms, lambda a: a.periodic_task_id)]
    zone = ZoneInfo(owner.timezone or tenant.timezone)
    with translation.override(owner.language), timezone.override(zone):
        return EmailMessage(
            subject=subject(sender.name, stories),
            body="\n".join([*lines_about(stories), "", *links(sender.address), *signature(sender)]),
            to=[owner.email or ""],
            headers=HEADERS | {"Message-ID": message_id(owner, tenant, alarms)},
        )


def message_id(owner: User, tenant: Tenant, alarms: Sequence[Alarm]) -> str:
    news = repr([(alarm.pk, alarm.is_open) for alarm in alarms])
    digest = hashlib.sha256(news.encode()).hexdigest()[:16]
    return f"<alarm.{tenant.schema_name}.{digest}.{owner.pk}@{settings.BASE_DOMAIN}>"


def subject(name: str, stories: Sequence[Sequence[Alarm]]) -> str:
    missed = sum(story[-1].is_open for story in stories)
    if missed:
        text = ngettext(
            "%(tenant)s: %(count)s schedule has missed its run",
            "%(tenant)s: %(count)s schedules have missed their run",
            missed,
        )
    else:
        text = _("%(tenant)s: no run is missing any more")
    return text % {"tenant": name, "count": missed}


def lines_about(stories: Sequence[Sequence[Alarm]]) -> Iterator[str]:
    for story in stories[:NAMED]:
        yield from lines_of(story)
    if len(stories) > NAMED:
        yield _("And %(count)s more schedules.") % {"count": len(stories) - NAMED}


def lines_of(story: Sequence[Alarm]) -> Iterator[str]:
    """Tell of one schedule how it stands, and what was in between, if mail had to wait."""
    last = story[-1]
    yield one_line(last.name)
    yield "  " + how_it_stands(last) % {
        "slot": shown(last.slot_at),
        "reason": last.get_reason_display(),
        "ended_at": shown(last.recovered_at or last.raised_at),
        "ending": last.get_ending_display(),
    }
    missed = sum(alarm.owners_notified_at is None for alarm in story)
    if len(story) > 1 and missed:
        yield "  " + _("It was missed %(count)s times since the last mail.") % {"count": missed}


def how_it_stands(alarm: Alarm) -> str:
    if alarm.is_open:
        return _("Missed: the run of %(slot)s. Why: %(reason)s.")
    if alarm.owners_notified_at:
        return _("Well again since %(ended_at)s; the run of %(slot)s had been missed.")
    return _("Was missed: the run of %(slot)s (%(reason)s). Over since %(ended_at)s: %(ending)s.")


def links(address: str) -> Iterator[str]:
    schedules = reverse("admin:scheduling_schedule_changelist", urlconf=settings.ROOT_URLCONF)
    yield _("Your schedules: %(link)s") % {"link": address.rstrip("/") + schedules}
    choice = reverse("admin:profile", urlconf=settings.ROOT_URLCONF)
    yield _("Whether you get these mails: %(link)s") % {"link": address.rstrip("/") + choice}


def signature(sender: Sender) -> list[str]:
    return ["", "-- ", sender.name, ""]


def one_line(text: str) -> str:
    return " ".join(text.split())


def shown(instant: datetime) -> str:
    local = timezone.localtime(instant)
    return f"{formats.date_format(local, 'DATETIME_FORMAT')} {local.tzname()}"
