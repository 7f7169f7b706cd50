"""The platform worker's tasks about tenants."""

from celery import shared_task
from django.utils.translation import gettext_noop

from tenants import housekeeping, provisioning
from tenants.models import Tenant
from tenants.postgresql.clock import database_now


@shared_task(platform=True)
def build_tenant(tenant_id: int) -> None:
    """Build one registered tenant. Running it twice builds it once."""
    provisioning.build_registered(tenant_id)


@shared_task(platform=True, default_cadence="* * * * *", label=gettext_noop("Finish provisioning"))
def finish_provisioning() -> None:
    """Build what was registered and whose message was lost. Running it twice builds nothing twice."""
    for tenant_id in Tenant.objects.unfinished().values_list("pk", flat=True):
        provisioning.build_registered(tenant_id)


@shared_task(
    platform=True, default_cadence="45 3 * * *", label=gettext_noop("Delete what is too old")
)
def forget_what_is_too_old() -> None:
    """Delete old audit entries, log-ins, sessions, files and runs, everywhere. A repeat finds none."""
    housekeeping.forget_everywhere(database_now())
