"""Telling a tenant's owners: who of them, when, and what becomes of a tenant that cannot be reached."""

import time
from collections.abc import Sequence
from datetime import datetime

import structlog
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.db.models import Exists, F, Min, OuterRef
from django_tenants.utils import tenant_context

from scheduling.agenda.alarms.letter import Sender, letter_to
from scheduling.agenda.alarms.models import Alarm, AlarmQuerySet, rest, told_within, within
from scheduling.agenda.alarms.post import Postbox, ServerAway
from tenants.accounts.models import User
from tenants.branding.naming import display_name
from tenants.models import Tenant
from tenants.schema import shared_tables

logger = structlog.get_logger(__name__)

#: Per pass, so that an outage of all tenants is spread over passes and holds up no alarm.
TENANTS_PER_PASS = 200
BUDGET_SECONDS = 20.0
#: More owners of one tenant get no mail.
OWNERS_MAXIMUM = 20
#: How long a tenant's own tables may keep the others waiting.
READING_SECONDS = 2


def tell_owners(now: datetime) -> int:
    """Mail the owners of up to `TENANTS_PER_PASS` tenants, as time allows; return how many mails.

    What is left, and everything when the mail server is away, is there for the next pass.
    """
    deadline, mails = time.monotonic() + BUDGET_SECONDS, 0
    with Postbox() as postbox:
        for tenant in tenants_to_tell(now):
            if time.monotonic() > deadline:
                break
            try:
                mails += tell_owners_of(tenant, now, postbox)
            except ServerAway:
                break
    return mails


def tenants_to_tell(now: datetime) -> list[Tenant]:
    """Return the tenants with news, not told just now; those come last who could not be told before."""
    resting = Alarm.objects.filter(told_within("owners", now, rest()), tenant=OuterRef("tenant"))
    owed = Alarm.objects.owed("owners", now).exclude(Exists(resting))
    turns = (
        owed.exclude(within("owners_tried_at", now, rest()))
        .values("tenant")
        .annotate(tried=Min("owners_tried_at"), since=Min("raised_at"))
        .order_by(F("tried").asc(nulls_first=True), "since")
    )
    ids = [turn["tenant"] for turn in turns[:TENANTS_PER_PASS]]
    found = Tenant.objects.in_bulk(ids)
    return [found[pk] for pk in ids]


def tell_owners_of(tenant: Tenant, now: datetime, postbox: Postbox) -> int:
    """Send each owner one mail about all that is owed; return how many. Raises ServerAway."""
    owed = Alarm.objects.of(tenant).owed("owners", now)
    alarms = list(owed.order_by("periodic_task_id", "raised_at"))
    told = Alarm.objects.filter(pk__in=[alarm.pk for alarm in alarms])
    try:
        letters = letters_about(tenant, alarms)
    except Exception:  # whatever a tenant's own tables hold, the others are told
        logger.exception("owners cannot be told", tenant=tenant.pk)
        put_off(told, now)
        return 0
    taken, refused = postbox.send(letters)
    if refused and not taken:
        put_off(told, now)
    else:
        told.mark_told("owners", now)
    return taken


def letters_about(tenant: Tenant, alarms: Sequence[Alarm]) -> list[EmailMessage]:
    """Return a mail for each owner who wants it; none for the platform or a tenant that is suspended."""
    if not alarms or tenant.is_platform or not tenant.is_active:
        return []
    with shared_tables(tenant):
        address = tenant.url
    name, owners = readers_of(tenant)
    return [letter_to(owner, tenant, Sender(name, address), alarms) for owner in owners]


def readers_of(tenant: Tenant) -> tuple[str, list[User]]:
    """Return what the tenant calls itself, and those of its owners who want to be told."""
    with transaction.atomic(), tenant_context(tenant):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = %s", [f"{READING_SECONDS}s"])
        owners = User.objects.owners().filter(mail_missed_runs=True, email__isnull=False)
        return display_name(tenant), list(owners.order_by("pk")[:OWNERS_MAXIMUM])


def put_off(alarms: AlarmQuerySet, now: datetime) -> None:
    alarms.update(owners_tried_at=now)
