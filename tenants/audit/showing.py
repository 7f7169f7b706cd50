"""What a row of the audit log says was changed, in words of the reader's language."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from tenants.audit.models import Entry
from wording.sentences import LABELS, label

NOTHING = "-"
# Columns that no form shows, and that are called nothing in their model.
label("tenant", gettext_noop("tenant"))
label("schema_name", gettext_noop("schema"))
label("is_primary", gettext_noop("primary domain"))
label("factors_version", gettext_noop("generation of second factors"))


def differences(entry: Entry) -> Iterator[tuple[str, str, str]]:
    """Return of each thing that changed what it is called, what it was and what it is now."""
    model = model_of(entry)
    for name, (before, after) in entry.changes.items():
        field = field_of(model, name)
        yield called(name, field), shown(before, field), shown(after, field)


def model_of(entry: Entry) -> type[models.Model] | None:
    """Return the model it is about, None if it is no more."""
    try:
        return apps.get_model(entry.model)
    except (LookupError, ValueError):
        return None


def field_of(model: type[models.Model] | None, name: str) -> Any:
    try:
        return model and model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def called(name: str, field: Any) -> str:
    if name in LABELS:
        return _(LABELS[name])
    return str(getattr(field, "verbose_name", name))


def shown(value: Any, field: Any) -> str:
    """Return a value as forms show it: a choice by its name, yes or no."""
    if value in (None, ""):
        return NOTHING
    if isinstance(field, models.BooleanField) or isinstance(value, bool):
        return _("yes") if str(value) == "True" else _("no")
    choices = dict(getattr(field, "flatchoices", None) or ())
    return str(choices.get(value, value))
