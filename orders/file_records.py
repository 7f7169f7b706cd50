"""Which files of orders were imported, by whom, and what came of them."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.stored_files import random_name

NAME_MAXIMUM = 200  # characters of a file's name


class OrderFileQuerySet(models.QuerySet["OrderFile"]):
    def older_than(self, limit: datetime) -> Self:
        return self.filter(imported_at__lt=limit)


class OrderFile(models.Model):
    """A file of orders that was imported, and what came of it.

    Only what was sent to the page is kept as a file: an operator's, imported by command, is not.
    """

    #: What the sender called it: a text to be shown, never part of a path.
    name = models.CharField(_("name"), max_length=NAME_MAXIMUM)
    file = models.FileField(_("file"), upload_to=random_name, blank=True)
    imported_at = models.DateTimeField(_("imported at"), auto_now_add=True)
    #: Who sent it, as text that outlives the user.
    sender = models.CharField(_("sent by"), max_length=254, blank=True)
    size = models.PositiveBigIntegerField(_("bytes"), null=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    imported = models.PositiveIntegerField(_("imported"))
    updated = models.PositiveIntegerField(_("updated"))
    rejected = models.PositiveIntegerField(_("rejected"))
    #: The first of them: [[line, reason], ...]
    rejections = models.JSONField(_("rejected lines"), default=list)

    objects = OrderFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("order file")
        verbose_name_plural = _("order files")
        ordering = ("-imported_at", "-pk")

    def __str__(self) -> str:
        return self.name
