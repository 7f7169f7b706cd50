"""The database's clock, the only one that decides, and how far it has come."""

from __future__ import annotations

from django.db import models

from tenants.postgresql.clock import database_now

__all__ = ["ClockTimestamp", "NewestInstant", "database_now"]


class ClockTimestamp(models.Func):
    """The instant at which the statement reaches this row, whenever the transaction began."""

    template = "clock_timestamp()"
    output_field = models.DateTimeField()


class NewestInstant(models.Model):
    """The newest instant that any beat has read from the database's clock: one row, or none yet."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(name="newestinstant_is_one", condition=models.Q(id=1)),
        )

    def __str__(self) -> str:
        return self.at.isoformat()

    @classmethod
    def claim(cls) -> NewestInstant | None:
        """Return it locked, to the end of the transaction; None while another beat holds it."""
        cls.objects.get_or_create(defaults={"at": database_now()})
        return cls.objects.select_for_update(skip_locked=True).first()
