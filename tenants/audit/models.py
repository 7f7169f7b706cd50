"""The audit log: one row per change, in the schema of what was changed.

auditlog notices the changes and calls `log_create`. This stands for its own model, whose foreign
keys would have the deletion of a user rewrite what the user did. By `APPEND_ONLY_TABLES` a tenant's
role may add rows and read them, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Self

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.audit.authors import author

#: Field by field, what it was and what it is now.
Changes = Mapping[str, tuple[Any, Any]]

REPR_MAXIMUM = 200  # characters


class EntryQuerySet(models.QuerySet["Entry"]):
    def older_than(self, limit: datetime) -> Self:
        return self.filter(at__lt=limit)

    def log_create(
        self, instance: models.Model, *, action: str, changes: Changes, **_options: Any
    ) -> Entry:
        """Write down what became of a row, by whoever is at work."""
        return self.create(
            action=action,
            model=instance._meta.label_lower,
            object_pk=str(instance.pk),
            object_repr=str(instance)[:REPR_MAXIMUM],
            changes=changes,
            **asdict(author()),
        )


class Entry(models.Model):
    class Action(models.TextChoices):
        CREATE = "create", _("added")
        UPDATE = "update", _("changed")
        DELETE = "delete", _("deleted")
        ACCESS = "access", _("read")

    at = models.DateTimeField(_("when"), auto_now_add=True)
    actor = models.CharField(_("who"), max_length=254, blank=True)
    #: A mere number: a foreign key would bind or change the entry when the user is deleted.
    actor_id = models.BigIntegerField(_("user's number"), null=True)
    address = models.GenericIPAddressField(_("from where"), null=True)
    #: "page <view>", "command <name>" or "task <name>".
    via = models.CharField(_("by way of"), max_length=200)
    action = models.CharField(_("what happened"), max_length=6, choices=Action)
    #: A name and no content type, whose numbers differ from schema to schema.
    model = models.CharField(_("kind"), max_length=100)
    object_pk = models.CharField(_("number"), max_length=255)
    object_repr = models.CharField(_("what"), max_length=REPR_MAXIMUM)
    changes = models.JSONField(_("before and after"), encoder=DjangoJSONEncoder)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        ordering = ("-at", "-pk")
        indexes = (
            models.Index(fields=["-at", "-id"], name="entry_newest_first"),
            models.Index(fields=["actor", "-at"], name="entry_by_actor"),
            # Serves the history of one row, and the list of a kind's deleted ones.
            models.Index(fields=["model", "object_pk", "-id"], name="entry_by_object"),
        )

    def __str__(self) -> str:
        return f"{self.get_action_display()}: {self.object_repr}"

    @property
    def kind(self) -> str:
        """What sort of thing it is about, as pages call it; a kind that is no more by its name."""
        try:
            return str(apps.get_model(self.model)._meta.verbose_name)
        except (LookupError, ValueError):
            return self.model
