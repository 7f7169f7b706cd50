"""The weekly mail to a tenant's owners: orders placed and closed."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage, get_connection
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from orders.days import week_until
from orders.models import Order
from orders.reports import Totals, totals
from orders.tenant import current_tenant, tenant_name, tenant_zone


def mail_summary(slot: datetime) -> int:
    """Mail what happened in the week up to `slot` to every owner who has an address.

    Returns the number of mails. They are sent last, when all is computed, and over one connection.
    """
    begin, end = week_until(slot, tenant_zone())
    placed = totals(Order.objects.placed_within(begin, end))
    closed = totals(Order.objects.closed_within(begin, end))
    name = tenant_name()
    messages = [message_to(owner, name, begin, end, placed, closed) for owner in owners()]
    return get_connection().send_messages(messages) or 0


def owners() -> Iterator[Any]:
    """The tenant's active owners who can be reached and want to be."""
    everyone: Any = get_user_model().objects
    willing = everyone.owners().filter(mail_weekly_summary=True).order_by("pk")
    return (owner for owner in willing if owner.email)


def message_to(
    owner: Any, name: str, begin: datetime, end: datetime, placed: Totals, closed: Totals
) -> EmailMessage:
    """Return one owner's mail, in the owner's language and on the tenant's clock.

    Its Message-ID is the same for the same slot, so that mail systems can tell a repeat.
    """
    tenant = current_tenant()
    stamp = f"{tenant.schema_name}.{end:%Y%m%dT%H%M%S}.{owner.pk}"
    with translation.override(owner.language), timezone.override(tenant_zone()):
        return EmailMessage(
            subject=_("%(tenant)s: your orders of the week") % {"tenant": name},
            body=body(name, begin, end, placed, closed),
            to=[owner.email],
            headers={"Message-ID": f"<weekly-summary.{stamp}@{settings.BASE_DOMAIN}>"},
        )


def body(tenant: str, begin: datetime, end: datetime, placed: Totals, closed: Totals) -> str:
    lines = [
        tenant,
        _("%(begin)s to %(end)s") % {"begin": shown(begin), "end": shown(end)},
        "",
        *paragraph(_("Orders placed"), placed),
        "",
        *paragraph(_("Orders closed"), closed),
        "",
        "-- ",
        tenant,
    ]
    return "\n".join(lines) + "\n"


def shown(instant: datetime) -> str:
    return formats.date_format(timezone.localtime(instant), "DATETIME_FORMAT")


def paragraph(title: str, totals: Totals) -> list[str]:
    number = sum(count for count, _total in totals.values())
    lines = [f"{title}: {formats.number_format(number, force_grouping=True)}"]
    for currency, (_count, total) in sorted(totals.items()):
        lines.append(f"  {formats.number_format(total, 2, force_grouping=True)} {currency}")
    return lines
