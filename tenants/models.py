"""Tenants and their domains, in the public schema."""

from __future__ import annotations

from typing import NoReturn, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django_tenants.models import DomainMixin, TenantMixin

from tenants.blueprint.models import Blueprint
from tenants.migrating.models import MigrationFailure
from tenants.names import (
    SLUG_MAXIMUM,
    validate_currency,
    validate_domain,
    validate_slug,
    validate_timezone,
)
from tenants.schema import PUBLIC

__all__ = ["Blueprint", "Domain", "Installation", "MigrationFailure", "Tenant", "TenantQuerySet"]


class TenantQuerySet(models.QuerySet["Tenant"]):
    def customers(self) -> Self:
        """All tenants but the platform's own row, which django-tenants needs."""
        return self.exclude(schema_name=PUBLIC)

    def active(self) -> Self:
        return self.filter(state=Tenant.State.ACTIVE)

    def built(self) -> Self:
        """Tenants that have a schema to work in."""
        return self.filter(state__in=[Tenant.State.ACTIVE, Tenant.State.SUSPENDED])

    def unfinished(self) -> Self:
        """Tenants whose provisioning was asked for and has not ended."""
        return self.filter(state=Tenant.State.PROVISIONING)


class Tenant(TenantMixin):
    """A customer: one row, one schema, one or more domains."""

    class State(models.TextChoices):
        PROVISIONING = "provisioning", _("provisioning")
        ACTIVE = "active", _("active")
        SUSPENDED = "suspended", _("suspended")
        FAILED = "failed", _("failed")
        ARCHIVED = "archived", _("archived")
        DELETING = "deleting", _("deleting")

    #: Schemas are made by `tenants.provisioning`, in one transaction with everything else.
    auto_create_schema = False

    slug = models.CharField(
        _("slug"),
        max_length=SLUG_MAXIMUM,
        unique=True,
        validators=[validate_slug],
        error_messages={"unique": _("This slug is taken by another tenant: choose another.")},
    )
    name = models.CharField(_("name"), max_length=100)
    timezone = models.CharField(
        _("time zone"), max_length=64, default="UTC", validators=[validate_timezone]
    )
    currency = models.CharField(
        _("currency"), max_length=3, default="EUR", validators=[validate_currency]
    )
    state = models.CharField(
        _("state"), max_length=12, choices=State, default=State.PROVISIONING, db_index=True
    )
    state_reason = models.TextField(_("reason of the state"), blank=True)
    #: Counts suspensions: sessions and links from before one are void, with no write to the schema.
    sessions_epoch = models.PositiveIntegerField(default=0, editable=False)
    owner_email = models.EmailField(_("owner's e-mail"), blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")
        constraints = [
            models.CheckConstraint(
                name="tenant_schema_name_is_ours",
                condition=models.Q(schema_name__regex=r"^t_[a-z0-9_]+$")
                | models.Q(schema_name=PUBLIC),
            ),
            models.CheckConstraint(
                name="tenant_state_is_known",
                condition=models.Q(
                    state__in=[
                        "provisioning",
                        "active",
                        "suspended",
                        "failed",
                        "archived",
                        "deleting",
                    ]
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    def __enter__(self) -> NoReturn:
        """Refuse `with tenant:`, which keeps what to return to in one list for all threads."""
        raise TypeError("use `with tenant_context(tenant):`")

    def _check_schema_name_is_unique(self) -> None:
        """Do without django-tenants' look at all names in upper case, for which no index is there.

        Ours are lower case by a constraint, and unique by another.
        """

    @property
    def is_active(self) -> bool:
        return self.state == self.State.ACTIVE

    @property
    def is_platform(self) -> bool:
        return bool(self.schema_name == PUBLIC)

    @property
    def is_built(self) -> bool:
        """Whether there is a schema to work in."""
        return self.state in {self.State.ACTIVE, self.State.SUSPENDED}

    @property
    def default_domain(self) -> str:
        """The host every tenant has: its slug below the platform's domain."""
        return f"{self.slug}.{settings.BASE_DOMAIN}"

    @property
    def primary_domain(self) -> str:
        """The host that links in mails lead to."""
        return str(self.domains.get(is_primary=True).domain)

    @property
    def url(self) -> str:
        return f"{settings.SITE_SCHEME}://{self.primary_domain}{settings.SITE_PORT}/"


class Domain(DomainMixin):
    """A host name that belongs to one tenant, stored as `tenants.names.normal_host` returns it."""

    domain = models.CharField(
        _("domain"), max_length=253, unique=True, validators=[validate_domain]
    )

    class Meta:
        verbose_name = _("domain")
        verbose_name_plural = _("domains")
        constraints = [
            models.CheckConstraint(
                name="domain_is_lower_case", condition=models.Q(domain=Lower("domain"))
            )
        ]


class Installation(models.Model):
    """The one row that tells this installation from others in the same cluster."""

    id = models.CharField(max_length=8, primary_key=True)

    def __str__(self) -> str:
        return self.id
