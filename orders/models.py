"""A tenant's orders, in its own schema."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models.functions import Coalesce, Collate, Lower, Now, NullIf, Trim
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from orders.closing_rules import ClosingRules, Holiday
from orders.daily_reports import DailyReport
from orders.file_records import OrderFile
from orders.later_changes import LaterChange

__all__ = ["ClosingRules", "DailyReport", "Holiday", "LaterChange", "Order", "OrderFile"]

STATUS_COLUMNS = [
    "status",
    "status_changed_at",
    "closed_at",
    "closed_by_run",
    "closed_from",
    "kept_open",
]


class OrderQuerySet(models.QuerySet["Order"]):
    def open(self) -> Self:
        return self.filter(status=Order.Status.OPEN)

    def placed_before(self, limit: datetime) -> Self:
        return self.filter(placed_at__lt=limit)

    def placed_within(self, begin: datetime, end: datetime) -> Self:
        return self.filter(placed_at__gte=begin, placed_at__lt=end)

    def closed_within(self, begin: datetime, end: datetime) -> Self:
        return self.filter(closed_at__gte=begin, closed_at__lt=end)

    def open_at(self, instant: datetime) -> Self:
        """Orders placed before and open now, or closed since."""
        open_then = models.Q(status=Order.Status.OPEN) | models.Q(closed_at__gte=instant)
        return self.placed_before(instant).filter(open_then)

    def count_open(self, most: int) -> int:
        """Count open orders up to about so many, by two indexes that hold nothing else."""
        kept = self.open().filter(kept_open=True)
        return self.open().not_kept()[:most].count() + kept[:most].count()

    def not_kept(self) -> Self:
        return self.filter(kept_open=False)

    def come_of_age(self, limit: datetime, status: str) -> Self:
        """Orders of a status placed before `limit` that nobody wants kept open, oldest first."""
        of_age = self.filter(status=status).not_kept().placed_before(limit)
        return of_age.order_by("placed_at", "pk")

    def closable(self, limit: datetime, rules: ClosingRules, status: str = "open") -> Self:
        """Those of them that may be closed by these rules."""
        if status not in rules.statuses:
            return self.none()
        return self.come_of_age(limit, status).filter(rules.allowing())

    def closed_by(self, run_id: int) -> Self:
        """Orders that are closed, and were by this run."""
        return self.filter(closed_by_run=run_id, status=Order.Status.CLOSED)

    def close(self, run_id: int) -> int:
        """Close these orders for a run; return how many there were."""
        return self.update(
            status=Order.Status.CLOSED,
            status_changed_at=Now(),
            closed_at=Now(),
            closed_by_run=run_id,
            closed_from=NullIf("status", models.Value(Order.Status.OPEN.value)),
        )

    def reopen(self) -> int:
        """Give these orders back the status that they were closed in, and have runs pass over them.

        Returns how many there were.
        """
        return self.update(
            status=Coalesce("closed_from", models.Value(Order.Status.OPEN.value)),
            status_changed_at=Now(),
            closed_at=None,
            closed_by_run=None,
            closed_from=None,
            kept_open=True,
        )

    def release(self) -> int:
        """Let runs close these orders again; return how many there were."""
        return self.filter(kept_open=True).update(kept_open=False)

    def claim(self) -> list[int]:
        """Lock those of these orders that nobody else holds, waiting for none; return their keys."""
        free = self.order_by("pk").select_for_update(skip_locked=True)
        return list(free.values_list("pk", flat=True))


class Order(models.Model):
    class Status(models.TextChoices):
        OPEN = "open", _("open")
        FULFILLED = "fulfilled", _("fulfilled")
        CLOSED = "closed", _("closed")
        CANCELLED = "cancelled", _("cancelled")

    #: What runs may close, so that it can be kept from them.
    KEEPABLE = (Status.OPEN, Status.FULFILLED)

    number = models.CharField(_("number"), max_length=64, unique=True)
    customer = models.CharField(_("customer"), max_length=200, blank=True)
    placed_at = models.DateTimeField(_("placed at"))
    total = models.DecimalField(_("total"), max_digits=14, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    status_changed_at = models.DateTimeField(_("status changed at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    #: The id of the run that closed it, a mere number: orders know nothing of scheduling.
    closed_by_run = models.BigIntegerField(_("closed by run"), null=True, blank=True)
    #: The status that a closed order is given back when it is reopened; none, which takes no room, for open.
    closed_from = models.CharField(
        _("status before it was closed"), max_length=10, null=True, editable=False
    )
    kept_open = models.BooleanField(
        _("kept open"),
        default=False,
        db_default=False,
        help_text=_("Runs do not close it. Set when an order is reopened, until you clear it."),
    )

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ("-placed_at", "-pk")
        constraints = (
            models.CheckConstraint(
                name="order_status_is_known",
                condition=models.Q(status__in=["open", "fulfilled", "closed", "cancelled"]),
            ),
            models.CheckConstraint(
                name="order_closed_has_an_instant",
                condition=models.Q(status="closed", closed_at__isnull=False)
                | (~models.Q(status="closed") & models.Q(closed_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="order_negative_total_is_cancelled",
                condition=models.Q(total__gte=0) | models.Q(status="cancelled"),
            ),
            models.CheckConstraint(
                name="order_kept_open_is_not_closed",
                condition=models.Q(kept_open=False) | models.Q(status__in=["open", "fulfilled"]),
            ),
            models.CheckConstraint(
                name="order_closed_from_is_fulfilled",
                condition=models.Q(closed_from="fulfilled"),
            ),
        )
        indexes = (
            # Serves the closing of old orders: only what a run may close, oldest first.
            models.Index(
                fields=["placed_at", "id"],
                name="order_closable_by_placed_at",
                condition=models.Q(status="open", kept_open=False),
            ),
            # The same for tenants who have fulfilled orders closed, too.
            models.Index(
                fields=["placed_at", "id"],
                name="order_fulfilled_by_placed_at",
                condition=models.Q(status="fulfilled", kept_open=False),
            ),
            models.Index(fields=["-placed_at", "-id"], name="order_newest_first"),
            # Serves the list of those that are kept open: a few, else found by reading all.
            models.Index(
                fields=["-placed_at", "-id"],
                name="order_kept_open",
                condition=models.Q(kept_open=True),
            ),
            models.Index(fields=["closed_at"], name="order_by_closed_at"),
            # Serves the search for a customer: by how one begins, which is a range of bytes.
            models.Index(
                Collate(Lower(Trim("customer")), "C"),
                name="order_by_customer",
                condition=~models.Q(customer=""),
            ),
            # Serves the list of the cancelled: a few, else found by reading all.
            models.Index(
                fields=["-placed_at", "-id"],
                name="order_cancelled",
                condition=models.Q(status="cancelled"),
            ),
            # Serves a run's page and its undo, which go through what it closed from a place on.
            models.Index(
                fields=["closed_by_run", "id"],
                name="order_closed_by_run",
                condition=models.Q(closed_by_run__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def amount(self) -> str:
        """The total with its currency, as the reader's language writes numbers."""
        return f"{number_format(self.total, 2)} {self.currency}"

    def change_status_by_hand(self, before: str | None = None) -> list[str]:
        """Let a status that a person set count from now, whatever run closed the order before.

        `before` is the status that is stored, None of a new order. An order that is set to open is kept
        open, and so is a closed one that is made fulfilled again: else the next run would overrule who
        did that. Returns the columns to save; the instants are the database's when they are saved.
        """
        status = self.Status
        self.status_changed_at = Now()
        self.closed_at = Now() if self.status == status.CLOSED else None
        self.closed_by_run = None
        was_fulfilled = self.status == status.CLOSED and before == status.FULFILLED
        self.closed_from = status.FULFILLED if was_fulfilled else None
        if self.status == status.OPEN:
            self.kept_open = before is not None or self.kept_open
        else:
            self.kept_open = self.status == status.FULFILLED and before == status.CLOSED
        return STATUS_COLUMNS
