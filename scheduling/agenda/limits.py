"""How much a tenant may: how often, how many schedules, how many firings in flight.

What nobody decided for a tenant is the platform's default, a setting. Postgres counts too, when rows
are written and when a version of a schedule is (`agenda_limits_in_force`): it knows the defaults
from the platform's own row, which `migrate_schemas` writes. A tenant sees its row and writes none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from scheduling.agenda.columns import array
from tenants.models import Tenant
from tenants.schema import PUBLIC, shared_tables

DAY = 24 * 3600  # seconds
#: Least and most of each limit, whoever sets it.
BOUNDS = {
    "least_interval_seconds": (1, DAY),
    "schedules_maximum": (1, 100_000),
    "firings_in_flight_maximum": (1, 100_000),
}


def bounded(column: str) -> list[Any]:
    least, most = BOUNDS[column]
    return [MinValueValidator(least), MaxValueValidator(most)]


def bounds_of(column: str) -> models.CheckConstraint:
    within = models.Q(**{f"{column}__range": BOUNDS[column]})
    return models.CheckConstraint(name=f"limits_{column}_is_bounded", condition=within)


class Limits(models.Model):
    """What staff decided for one tenant; an empty column is the platform's default."""

    tenant = models.OneToOneField(
        Tenant, on_delete=models.CASCADE, primary_key=True, related_name="limits"
    )
    least_interval_seconds = models.PositiveIntegerField(
        _("least seconds between two slots of a schedule"),
        null=True,
        blank=True,
        validators=bounded("least_interval_seconds"),
    )
    schedules_maximum = models.PositiveIntegerField(
        _("most schedules"), null=True, blank=True, validators=bounded("schedules_maximum")
    )
    firings_in_flight_maximum = models.PositiveIntegerField(
        _("most runs planned or under way"),
        null=True,
        blank=True,
        validators=bounded("firings_in_flight_maximum"),
    )

    class Meta:
        verbose_name = _("limits")
        verbose_name_plural = _("limits")
        constraints = tuple(map(bounds_of, BOUNDS))

    def __str__(self) -> str:
        return f"limits of {self.tenant_id}"


OWN_MAXIMA = """
SELECT tenant_id, firings_in_flight_maximum FROM agenda_limits
WHERE tenant_id = ANY(%s::bigint[]) AND firings_in_flight_maximum IS NOT NULL
    AND tenant_id <> (SELECT id FROM tenants_tenant WHERE schema_name = %s)
"""


@dataclass(frozen=True)
class Allowance:
    """The limits in force for one tenant, defaults filled in."""

    least_interval: timedelta
    schedules_maximum: int


def defaults() -> dict[str, int]:
    """Return the platform's default of each limit, by its column."""
    return {
        "least_interval_seconds": settings.LEAST_INTERVAL_SECONDS,
        "schedules_maximum": settings.SCHEDULES_MAXIMUM,
        "firings_in_flight_maximum": settings.FIRINGS_IN_FLIGHT_MAXIMUM,
    }


def allowance_in(schema_name: str) -> Allowance:
    """Return what a tenant may write in its schema; the platform's schedules have no limits to speak of."""
    if schema_name == PUBLIC:
        return Allowance(timedelta(seconds=1), BOUNDS["schedules_maximum"][1])
    with shared_tables(Tenant(schema_name=schema_name)):
        own = Limits.objects.filter(tenant__schema_name=schema_name).first() or Limits()
    usual = defaults()
    return Allowance(
        timedelta(seconds=own.least_interval_seconds or usual["least_interval_seconds"]),
        own.schedules_maximum or usual["schedules_maximum"],
    )


def in_flight_maxima(tenant_ids: Iterable[int]) -> dict[int, int]:
    """Return how many firings in flight those of these tenants may have that have a limit of their own."""
    with connection.cursor() as cursor:
        # As one text: the ORM would ask of each id whether it is a number, and Postgres parse each.
        cursor.execute(OWN_MAXIMA, [array(list(tenant_ids), "bigint"), PUBLIC])
        return dict(cursor.fetchall())


def decide(tenant: Tenant, **chosen: int | None) -> None:
    """Have these limits hold for a tenant, None for the platform's default; the others stay.

    Beat hears of it at the commit: what was beyond a limit fires from then on, or no longer.
    Raises ValidationError, keyed by column.
    """
    limits = Limits.objects.filter(tenant=tenant.pk).first() or Limits(tenant=tenant)
    for column, value in chosen.items():
        setattr(limits, column, value)
    limits.full_clean()
    if any(getattr(limits, column) is not None for column in BOUNDS):
        limits.save()
    elif not limits._state.adding:
        limits.delete()


def tell_postgres_defaults() -> None:
    """Write the platform's defaults where Postgres reads them; nothing where they are known."""
    platform = Tenant.objects.get(schema_name=PUBLIC)
    if not Limits.objects.filter(tenant=platform, **defaults()).exists():
        Limits.objects.update_or_create(tenant=platform, defaults=defaults())
