"""Forgetting what has expired in one schema: sessions, counted failures, and the old end of the log."""

from datetime import datetime

from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction

from tenants.accounts.events import LoginEvent
from tenants.accounts.models import Session


@transaction.atomic
def prune(now: datetime) -> None:
    """Delete what is of no use to anybody any more. A repeat finds nothing."""
    Session.objects.filter(expire_date__lt=now).delete()
    AccessAttempt.objects.filter(attempt_time__lt=now - settings.AXES_COOLOFF_TIME).delete()
    LoginEvent.objects.old(now).delete()
