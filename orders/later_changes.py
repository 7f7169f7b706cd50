"""Changes of orders after a run had closed them, which is how one knows for ever what a run closed."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class LaterChangeQuerySet(models.QuerySet["LaterChange"]):
    def note(self, orders: models.QuerySet[Any], reason: LaterChange.Reason) -> None:
        """Note that these orders, those of them that a run closed, are about to be changed.

        The caller holds their locks, in the transaction that changes them. A repeat adds nothing.
        """
        closed = orders.exclude(closed_by_run=None).values_list("closed_by_run", "pk")
        notes = [LaterChange(run_id=run, order_id=order, reason=reason) for run, order in closed]
        self.bulk_create(notes, ignore_conflicts=True)


class LaterChange(models.Model):
    """An order was changed, or reopened, after a run had closed it: the first such change.

    Written by whoever changes an order that a run closed, so that closing need write nothing: what a
    run closed are the orders that name it, and those that are noted here.
    """

    class Reason(models.TextChoices):
        UNDO = "undo", _("reopened by undoing the run")
        HAND = "hand", _("changed by hand")
        IMPORT = "import", _("changed by an import")

    pk = models.CompositePrimaryKey("run_id", "order_id")
    #: Mere numbers: runs are not ours, and what became of an order is told also when it is gone.
    run_id = models.BigIntegerField()
    order_id = models.BigIntegerField()
    reason = models.CharField(_("reason"), max_length=6, choices=Reason)
    at = models.DateTimeField(_("when"), db_default=Now())

    objects = LaterChangeQuerySet.as_manager()

    def __str__(self) -> str:
        return f"order {self.order_id} after run {self.run_id}: {self.get_reason_display()}"
