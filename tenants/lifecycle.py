"""Suspending a tenant, resuming it, and trying again what failed."""

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from tenants.models import Tenant

logger = structlog.get_logger(__name__)


def suspend(slug: str, reason: str = "") -> Tenant:
    """Stop a tenant's site and schedules. Slots that fall in the time until `resume` never fire.

    Whoever was logged in, or had a link to set a password, needs a new one after `resume`.
    """
    return change_state(slug, Tenant.State.ACTIVE, Tenant.State.SUSPENDED, reason)


def resume(slug: str) -> Tenant:
    """Let a suspended tenant work again, from its next slot on."""
    return change_state(slug, Tenant.State.SUSPENDED, Tenant.State.ACTIVE, "")


def retry(slug: str) -> Tenant:
    """Have a tenant whose provisioning failed provisioned again."""
    return change_state(slug, Tenant.State.FAILED, Tenant.State.PROVISIONING, "")


def change_state(slug: str, before: str, after: str, reason: str) -> Tenant:
    """Move a tenant from one state to another; raises ValidationError when it is in neither.

    Repeating it changes nothing. A trigger on the state tells beat (see scheduling/agenda).
    """
    with transaction.atomic():
        tenant = customer(slug)
        if tenant.state not in {before, after}:
            text = _("'%(slug)s' is %(state)s, not %(other)s.")
            states = {"state": tenant.get_state_display(), "other": Tenant.State(before).label}
            raise ValidationError(text % {"slug": slug, **states})
        if tenant.state != after:
            tenant.state, tenant.state_reason = after, reason
            tenant.sessions_epoch += after == Tenant.State.SUSPENDED
            tenant.save(update_fields=["state", "state_reason", "sessions_epoch"])
            logger.info("tenant changed state", tenant=slug, state=after, reason=reason)
    return tenant


def customer(slug: str) -> Tenant:
    """Return the locked row of the tenant called `slug`; raises ValidationError when there is none."""
    tenant = Tenant.objects.customers().select_for_update().filter(slug=slug).first()
    if tenant is None:
        raise ValidationError(_("There is no tenant '%(slug)s'.") % {"slug": slug})
    return tenant
