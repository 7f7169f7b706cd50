"""The mail to a tenant's owners that runs are held until somebody approves them.

It is the worker's affair that held the run, outside of any transaction. The run's firing comes to a
worker again until its owners are told: at least once, and twice only if a worker dies in between.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import DatabaseError, transaction
from django.db.models import Max, Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduling.agenda import holding
from scheduling.agenda.alarms.letter import Sender, one_line, shown, signature
from scheduling.agenda.alarms.post import HEADERS, Postbox, ServerAway
from scheduling.agenda.clock import database_now
from scheduling.agenda.models import Firing
from scheduling.models import Hold, Run
from tenants.accounts.models import User
from tenants.branding.naming import display_name
from tenants.models import Tenant
from tenants.schema import shared_tables

logger = structlog.get_logger(__name__)

#: A tenant's owners get such a mail at most so often; it tells of all that are held by then.
REST = timedelta(minutes=10)
#: Longer than a mail to all owners takes. One who dies over it keeps others from it so long.
LEASE = timedelta(minutes=5)
#: More owners of one tenant get no mail.
OWNERS_MAXIMUM = 20


def tell_owners(firing: Firing, run: Run) -> None:
    """Mail what is held to the current tenant's owners, unless they were mailed just now.

    Then, and when mail cannot be sent, the firing comes to a worker again when it can be.
    """
    now = database_now()
    rested_at = (last_told_at() or now - REST) + REST
    try:
        if rested_at <= now:
            mail(firing.tenant, claim_untold(now), now)
    except ServerAway:
        return
    except DatabaseError:
        raise
    except Exception:  # whatever a tenant's own tables hold, its run stays held and is shown
        logger.exception("owners cannot be told of a held run", tenant=firing.tenant_id)
        return
    put_off(firing, run, rested_at)


def last_told_at() -> datetime | None:
    latest: datetime | None = Hold.objects.aggregate(latest=Max("told_at"))["latest"]
    return latest


@transaction.atomic
def claim_untold(now: datetime) -> list[Hold]:
    """Return the holds of which nobody is telling the owners, for the caller to do that."""
    is_free = Q(telling_until=None) | Q(telling_until__lt=now)
    free = Hold.objects.untold().filter(is_free).order_by("pk")
    holds = list(free.select_for_update(skip_locked=True))
    Hold.objects.filter(pk__in=[hold.pk for hold in holds]).update(telling_until=now + LEASE)
    return holds


def mail(tenant: Tenant, holds: Sequence[Hold], now: datetime) -> None:
    """Send each owner who wants it one mail; what is told is noted after sending. Raises ServerAway."""
    if not holds:
        return
    told = Hold.objects.filter(pk__in=[hold.pk for hold in holds])
    try:
        with Postbox() as postbox:
            postbox.send(letters_about(tenant, holds))
    except ServerAway:
        told.update(telling_until=None)
        raise
    told.update(told_at=now)


def letters_about(tenant: Tenant, holds: Sequence[Hold]) -> list[EmailMessage]:
    runs = Run.objects.in_bulk([hold.pk for hold in holds])
    stories = [(runs[hold.pk], hold) for hold in holds if hold.pk in runs]
    with shared_tables(tenant):
        address = tenant.url.rstrip("/")
    sender = Sender(display_name(tenant), address)
    owners = User.objects.owners().filter(mail_held_runs=True, email__isnull=False)
    return [
        letter_to(owner, tenant, sender, stories)
        for owner in owners.order_by("pk")[:OWNERS_MAXIMUM]
    ]


def put_off(firing: Firing, run: Run, rested_at: datetime) -> None:
    """Have a firing whose run is still held come to a worker when owners can be told, or it expires."""
    with transaction.atomic():
        if not Run.objects.select_for_update().filter(pk=run.pk, state=Run.State.HELD).exists():
            return
        hold = Hold.objects.get(pk=run.pk)
        if hold.told_at:
            holding.postpone(firing, hold.expires_at)
        elif rested_at > database_now():
            holding.postpone(firing, min(rested_at, hold.expires_at))


def letter_to(
    owner: User, tenant: Tenant, sender: Sender, stories: Sequence[tuple[Run, Hold]]
) -> EmailMessage:
    """Return one owner's mail, in the owner's language and time zone.

    Its Message-ID is the same for the same runs, so that mail systems can tell a repeat.
    """
    zone = ZoneInfo(owner.timezone or tenant.timezone)
    with translation.override(owner.language), timezone.override(zone):
        return EmailMessage(
            subject=subject(sender.name, len(stories)),
            body="\n".join([*lines_about(sender.address, stories), *signature(sender)]),
            to=[owner.email or ""],
            headers=HEADERS | {"Message-ID": message_id(owner, tenant, stories)},
        )


def message_id(owner: User, tenant: Tenant, stories: Sequence[tuple[Run, Hold]]) -> str:
    news = repr([run.pk for run, _hold in stories])
    digest = hashlib.sha256(news.encode()).hexdigest()[:16]
    return f"<held.{tenant.schema_name}.{digest}.{owner.pk}@{settings.BASE_DOMAIN}>"


def subject(name: str, count: int) -> str:
    text = ngettext(
        "%(tenant)s: %(count)s run awaits your approval",
        "%(tenant)s: %(count)s runs await your approval",
        count,
    )
    return text % {"tenant": name, "count": count}


def lines_about(address: str, stories: Sequence[tuple[Run, Hold]]) -> Iterator[str]:
    for run, hold in stories:
        path = reverse(
            "admin:scheduling_run_approval", args=[run.pk], urlconf=settings.ROOT_URLCONF
        )
        yield one_line(run.name)
        yield "  " + _("The run of %(slot)s is held.") % {"slot": shown(run.slot_at)}
        yield f"  {hold.reason}"
        yield "  " + _("Approve or dismiss it by %(end)s; after that it is skipped: %(link)s") % {
            "end": shown(hold.expires_at),
            "link": address + path,
        }
        yield ""
    choice = reverse("admin:profile", urlconf=settings.ROOT_URLCONF)
    yield _("Whether you get these mails: %(link)s") % {"link": address + choice}
