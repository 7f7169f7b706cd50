"""Forgetting what is too old to keep: every night, in every schema, whether its tenant thinks of it or not."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils.module_loading import import_string
from django_tenants.utils import tenant_context

from tenants.models import Tenant
from tenants.postgresql.base import owner_rights

logger = structlog.get_logger(__name__)

#: How long one schema may keep the others waiting with what somebody has locked in it.
LOCK_TIMEOUT = "5s"


def forget_everywhere(now: datetime) -> None:
    """Delete in all schemas what is kept no longer at `now`. A repeat finds nothing.

    A schema that cannot be worked in is logged and left to the next night.
    """
    for tenant in Tenant.objects.built():
        forget_in(tenant, now)


def forget_in(tenant: Tenant, now: datetime) -> None:
    """Take each step in the tenant's schema, as the owner: the audit log can be cut by nobody else."""
    for step in steps_for(tenant):
        try:
            with owner_rights(), tenant_context(tenant), short_waits():
                import_string(step)(now)
        except (DatabaseError, OSError):
            logger.exception("nothing was forgotten", tenant=tenant.slug, step=step)


@contextmanager
def short_waits() -> Iterator[None]:
    """Wait only shortly for what somebody else has locked."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = %s", [LOCK_TIMEOUT])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")


def steps_for(tenant: Tenant) -> Sequence[str]:
    own = [] if tenant.is_platform else settings.TENANT_HOUSEKEEPING_STEPS
    return [*settings.HOUSEKEEPING_STEPS, *own]
