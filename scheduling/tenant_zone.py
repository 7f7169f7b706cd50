"""The tenant's own time zone: changing it, and which schedules follow."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from scheduling.agenda.clock import database_now
from scheduling.catalogue import catalogue_of
from scheduling.models import ZoneChange
from scheduling.overview import upcoming
from scheduling.periodic import Row, Unreadable, cadence_of, periodic_rows, read
from scheduling.schedules import move_to_zone
from tenants.audit.authors import author
from tenants.audit.writing import write_difference
from tenants.models import Tenant
from tenants.names import validate_timezone
from tenants.own_zone import store_zone


@dataclass(frozen=True)
class Follower:
    """A schedule that had the tenant's old zone: when it fires next if it stays, and if it follows."""

    schedule_id: int
    name: str
    cadence: str
    old: str
    next_if_it_stays: datetime | None
    next_if_it_follows: datetime | None


@dataclass(frozen=True)
class Question:
    """Which schedules follow the tenant's zone."""

    new: str
    since: datetime
    followers: list[Follower]

    @property
    def old(self) -> str:
        return ", ".join(sorted({follower.old for follower in self.followers}))


@transaction.atomic
def change_zone(tenant: Tenant, zone: str) -> None:
    """Change the zone of the current tenant. Its schedules stay as they are.

    A trigger notes which of them had the old one. Raises ValidationError for what is no zone.
    """
    validate_timezone(zone)
    old = tenant.timezone
    if not store_zone(tenant, zone):
        text = _("The database does not know the time zone %(zone)s: choose another.")
        raise ValidationError(text % {"zone": zone})
    write_difference(tenant, {"timezone": old}, {"timezone": zone})
    tenant.timezone = zone


def question(tenant: Tenant, now: datetime) -> Question | None:
    """Return what is to be asked of the current tenant's people; None if nothing is."""
    changes = list(ZoneChange.objects.filter(answered_at=None).order_by("pk"))
    if not changes:
        return None
    asked = {schedule_id for change in changes for schedule_id in change.schedules}
    olds = {change.old for change in changes} - {tenant.timezone}
    rows = periodic_rows(pk__in=asked, crontab__timezone__in=olds)
    followers = [one for row in rows if (one := follower(tenant, row, now))]
    return Question(tenant.timezone, changes[-1].changed_at, followers) if followers else None


def follower(tenant: Tenant, row: Row, now: datetime) -> Follower | None:
    """Return what is asked about one schedule; None of a row that was set aside."""
    moved = {**row, "zone": tenant.timezone}
    try:
        read(row, catalogue_of(tenant.schema_name), anchor_at=now)
        return Follower(
            row["id"],
            row["name"],
            str(cadence_of(row, anchor_at=now)),
            row["zone"],
            upcoming(tenant, row, None, now).due_at,
            upcoming(tenant, moved, None, now).due_at,
        )
    except Unreadable:
        return None


@transaction.atomic
def answer(tenant: Tenant, chosen: Collection[int], zone: str) -> list[str]:
    """Have the chosen schedules follow the tenant's zone, the others stay; return who followed.

    Raises ValidationError, with nothing done, when it was answered meanwhile, and when `zone` is not
    the zone any more that was asked about.
    """
    pending = list(ZoneChange.objects.select_for_update().filter(answered_at=None))
    now = database_now()
    asked = question(tenant, now) if pending else None
    if asked is None:
        raise ValidationError(_("This was answered already: nothing was changed."), code="answered")
    if zone != tenant.timezone:
        raise ValidationError(_("The time zone was changed again meanwhile: look once more."))
    following = [one for one in asked.followers if one.schedule_id in chosen]
    for one in following:
        move_to_zone(one.schedule_id, zone)
    own = ZoneChange.objects.filter(pk__in=[change.pk for change in pending])
    own.update(answered_at=now, answered_by=author().actor or author().via)
    return [one.name for one in following]
