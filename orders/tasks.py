"""What a tenant can schedule about its orders."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import import_module

from celery import shared_task
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from orders.brake import ClosingBrake
from orders.closing import Closing, close_old_orders
from orders.effect import ClosingPreview
from orders.reports import make_report
from orders.summary import mail_summary
from orders.tenant import tenant_zone
from orders.undoing import ClosingUndo

DAYS_DEFAULT, DAYS_MAXIMUM = 30, 36500


class ClosingParameters(forms.Form):
    days = forms.IntegerField(
        label=_("days"),
        initial=DAYS_DEFAULT,
        min_value=1,
        max_value=DAYS_MAXIMUM,
        help_text=_(
            "Orders still open this many days (of 24 hours) after they were placed are closed."
        ),
    )


@shared_task(
    schedulable=True,
    label=gettext_noop("Close old orders"),
    parameters=ClosingParameters,
    default_cadence="0 0 * * *",
    undo=ClosingUndo(),
    preview=ClosingPreview(),
    brake=ClosingBrake(),
)
def auto_close_old_orders(
    slot: datetime, run_id: int, days: int = DAYS_DEFAULT
) -> Iterator[Closing]:
    """Close the orders still open that were placed more than `days` times 24 h before `slot`.

    The tenant's rules may name others, and holidays on whose slots none is closed. Runs in short steps
    and may be started again after any of them: what is closed is not closed again, and keeps its instant
    and the run that closed it.
    """
    day = slot.astimezone(tenant_zone()).date()
    return close_old_orders(before=slot - timedelta(days=days), run_id=run_id, day=day)


@shared_task(schedulable=True, label=gettext_noop("Send the weekly summary"))
def send_weekly_summary(slot: datetime) -> None:
    """Mail the week up to `slot` to the tenant's owners.

    Mail is outside the database. It is sent last, so that only a worker that dies, or a mail server
    that fails at a later owner, in the moment between sending and committing makes a repeat mail
    again. A repeat has the same Message-ID.
    """
    mail_summary(slot)


@shared_task(schedulable=True, label=gettext_noop("Make the daily report"))
def make_daily_report(slot: datetime) -> None:
    """Store the report of the day before `slot`. A repeat writes the same row again."""
    make_report(slot)


@shared_task(schedulable=True, label=gettext_noop("Clear expired sessions"))
def clear_expired_sessions() -> None:
    """Delete the tenant's sessions that have expired. A repeat finds none."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
