"""Making a tenant: row, schema, tables, domain, owner and default schedule, or nothing at all."""

import secrets
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext
from django_tenants.utils import tenant_context

from tenants.accounts.invitations import invite_owners
from tenants.blueprint.building import make_schema
from tenants.blueprint.making import ensure_blueprint
from tenants.models import Domain, Tenant
from tenants.names import new_schema_name, normal_host
from tenants.postgresql.base import owner_rights
from tenants.postgresql.roles import admit, make_role

logger = structlog.get_logger(__name__)

#: What staff read while a tenant is built: for the first time, and after a worker left it half-way.
BEGUN = "Its making began at {:%Y-%m-%d %H:%M:%S %Z}."
DIED = "The worker that made it died. Another began at {:%Y-%m-%d %H:%M:%S %Z}."
OWNER_LOGIN = "owner"
PASSWORD_BYTES = 12


@dataclass(frozen=True)
class Order:
    """What is asked for: all that is needed to make one tenant."""

    slug: str
    name: str
    timezone: str = "UTC"
    currency: str = "EUR"
    owner_email: str = ""
    #: A host of the tenant's own, which becomes the primary one.
    domain: str = ""


@dataclass(frozen=True)
class Provisioned:
    """What was made. `password` is the owner's, in clear, to be shown once."""

    tenant: Tenant
    owner: str
    password: str = field(repr=False)


def provision(order: Order, password: str = "") -> Provisioned:
    """Make a tenant in one transaction and return it, active.

    Without `password` one is generated. Raises ValidationError, keyed by field, when the order
    cannot be met or the password can be guessed; whatever goes wrong, nothing is left behind.
    """
    password = password or secrets.token_urlsafe(PASSWORD_BYTES)
    check_password_rules(password, order)
    ensure_blueprint()
    with transaction.atomic():
        tenant = register(order, Tenant.State.ACTIVE)
        owner = build(tenant, password)
    return Provisioned(tenant, owner, password)


def check_password_rules(password: str, order: Order) -> None:
    owner = get_user_model()(email=order.owner_email, full_name=order.name)
    try:
        validate_password(password, owner)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from None


def register(order: Order, state: Tenant.State = Tenant.State.PROVISIONING) -> Tenant:
    """Write the tenant's row and its domains; the schema comes with `build`.

    Where that follows in the same transaction the row may be active from the beginning: nobody
    sees it before it is.
    """
    with transaction.atomic():
        tenant = Tenant(
            slug=order.slug,
            schema_name=new_schema_name(order.slug),
            name=order.name.strip(),
            timezone=order.timezone,
            currency=order.currency,
            owner_email=order.owner_email.strip().lower(),
            state=state,
        )
        # The fields first: what a bad slug would do to the schema name is not worth a second message.
        tenant.clean_fields(exclude=["schema_name"])
        # Constraints are Postgres' to check: asking it for each beforehand takes three statements.
        tenant.full_clean(validate_constraints=False)
        tenant.save()
        add_domain(tenant, tenant.default_domain, primary=not order.domain)
        if order.domain:
            add_domain(tenant, order.domain, primary=True)
    return tenant


def add_domain(tenant: Tenant, host: str, *, primary: bool) -> Domain:
    """Give `tenant` the host; raises ValidationError on `domain` when it is in use or malformed."""
    domain = Domain(tenant=tenant, domain=normal_host(host), is_primary=primary)
    if Domain.objects.filter(domain=domain.domain).exists():
        text = gettext("'%(domain)s' is already in use.")
        raise ValidationError({"domain": text % {"domain": domain.domain}})
    domain.full_clean(exclude=["tenant"], validate_unique=False, validate_constraints=False)
    domain.save()
    return domain


def build(tenant: Tenant, password: str | None = None) -> str:
    """Make schema, tables, owner and default schedule of a registered tenant and activate it.

    Return what the owner logs in with. Without a password, the owner needs an invitation.
    """
    with transaction.atomic():
        owner = furnish(tenant, password)
        admit([tenant.schema_name])
    return owner


def furnish(tenant: Tenant, password: str | None = None) -> str:
    """Do all that `build` does but `admit`, which is for the caller to do in the same transaction.

    In the owner's rights, since nobody can enter the tenant's role yet, and a session that did
    would have to read all memberships anew for each tenant that is made.
    """
    with transaction.atomic(savepoint=False):
        make_schema(tenant.schema_name)
        make_role(tenant.schema_name)
        with owner_rights(), tenant_context(tenant):
            owner = make_owner(tenant, password)
            run_provisioning_steps(tenant)
        if not tenant.is_active:
            tenant.state = Tenant.State.ACTIVE
            tenant.state_reason = ""
            tenant.save(update_fields=["state", "state_reason"])
    logger.info("tenant provisioned", tenant=tenant.slug, schema=tenant.schema_name)
    return owner


def make_owner(tenant: Tenant, password: str | None) -> str:
    """Store the owner in the tenant's schema and return what it logs in with."""
    login: dict[str, Any] = (
        {"email": tenant.owner_email} if tenant.owner_email else {"login_name": OWNER_LOGIN}
    )
    owner = get_user_model().objects.create_user(password=password, role="owner", **login)
    return str(owner.get_username())


def run_provisioning_steps(tenant: Tenant) -> None:
    for path in settings.TENANT_PROVISIONING_STEPS:
        import_string(path)(tenant)


def build_registered(tenant_id: int) -> None:
    """Build a tenant that was registered by a form. Safe to repeat: a tenant once built is left alone.

    Nobody has seen the owner's password, so the owner gets an invitation. A failure is not raised:
    the tenant becomes `failed`, with the reason for the platform's staff. A worker that is killed
    leaves nothing but a note; another one builds the tenant within some minutes.
    """
    note_beginning(tenant_id)
    ensure_blueprint()
    with transaction.atomic():
        tenant = free(tenant_id)
        if tenant is None:
            return
        try:
            build(tenant)
        except Exception as error:  # whatever it is, it belongs to this tenant alone
            logger.exception("provisioning failed", tenant=tenant.slug)
            fail(tenant_id, f"{type(error).__name__}: {error}")
        else:
            transaction.on_commit(lambda: invite_owners(tenant), robust=True)


def free(tenant_id: int) -> Tenant | None:
    """Return the locked row of an unfinished tenant that nobody is building, if it is one."""
    unfinished = Tenant.objects.unfinished().filter(pk=tenant_id)
    return unfinished.select_for_update(skip_locked=True).first()


def note_beginning(tenant_id: int) -> None:
    """Tell the platform's staff, before the transaction that builds a tenant, that it has begun."""
    with transaction.atomic():
        tenant = free(tenant_id)
        if tenant is not None:
            note = DIED if tenant.state_reason else BEGUN
            tenant.state_reason = note.format(timezone.now())
            tenant.save(update_fields=["state_reason"])


def fail(tenant_id: int, reason: str) -> None:
    """Let a tenant's provisioning be over. The row as it is stored counts, not what `build` made of it."""
    tenant = Tenant.objects.get(pk=tenant_id)
    tenant.state, tenant.state_reason = Tenant.State.FAILED, reason
    tenant.save(update_fields=["state", "state_reason"])


def ensure_platform_tenant() -> Tenant:
    """Store the row of the public schema that django-tenants needs, and the platform's domain."""
    tenant, _ = Tenant.objects.get_or_create(
        schema_name="public",
        defaults={"slug": "public", "name": "Platform", "state": Tenant.State.ACTIVE},
    )
    Domain.objects.get_or_create(
        domain=normal_host(settings.BASE_DOMAIN), defaults={"tenant": tenant}
    )
    return tenant
