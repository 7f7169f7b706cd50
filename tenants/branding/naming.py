"""What a tenant calls itself in mails to its own people."""

from django_tenants.utils import tenant_context

from tenants.branding.models import Branding
from tenants.models import Tenant


def display_name(tenant: Tenant) -> str:
    """Return the name on one line. Enters the tenant's schema; a tenant that is not built has none there."""
    if tenant.is_platform or not tenant.is_built:
        return one_line(tenant.name)
    with tenant_context(tenant):
        return one_line(Branding.current().display_name or tenant.name)


def one_line(text: str) -> str:
    return " ".join(text.split())
