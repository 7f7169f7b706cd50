"""Writing down what auditlog cannot see: changes past a model's `save`."""

from collections.abc import Mapping
from typing import Any

from django.db import models

from tenants.audit.models import Entry

#: Stands where a secret would: that it changed can be told, what it was cannot.
HIDDEN = "•••"


def hidden(_secret: str) -> str:
    return HIDDEN


def write_difference(
    instance: models.Model, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    """Write how a row was and how it is now; nothing before is an addition, nothing after a deletion.

    What did not change is left out, and where nothing did there is no entry.
    """
    changes = {
        name: (before.get(name), after.get(name))
        for name in [*before, *(name for name in after if name not in before)]
        if before.get(name) != after.get(name)
    }
    if changes:
        Entry.objects.log_create(instance, action=action(before, after), changes=changes)


def action(before: Mapping[str, Any], after: Mapping[str, Any]) -> Entry.Action:
    if not before:
        return Entry.Action.CREATE
    return Entry.Action.UPDATE if after else Entry.Action.DELETE
