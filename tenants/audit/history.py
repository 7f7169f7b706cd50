"""The history of one kind of row: what is told of it in words, and how an older state is restored.

A kind says so in a class of its own, or `ModelHistory` reads it off its model and its admin's form.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.forms.models import model_to_dict
from django.http import HttpRequest
from django.utils import formats
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _

from tenants.audit.models import Changes, Entry
from tenants.audit.past import State, Step, as_logged, steps_of

#: Entries that are shown. What is older stands in the audit log.
ENTRIES_MAXIMUM = 200
TEXT_MAXIMUM = 200  # characters of a value


@dataclass(frozen=True)
class Line:
    """One thing that changed, as people read it; None where there was nothing."""

    label: str
    before: str | None
    after: str | None


class History:
    """What the pages of a kind's history ask; subclasses answer."""

    model: type[models.Model]
    #: Labels of other models whose entries are shown among it and cannot be restored, by what ties
    #: them to a row: the same number, or nothing, where there is one row only.
    beside: Mapping[str, bool] = {}

    def now(self, pk: str) -> State:
        """Return how a row is, by the names that its entries use; nothing if there is none."""
        raise NotImplementedError

    def name(self, pk: str) -> str:
        """Return what a row is called; nothing if there is none."""
        raise NotImplementedError

    def lines(self, changes: Changes) -> list[Line]:
        raise NotImplementedError

    def stays(self, name: str) -> bool:
        """Whether restoring leaves this as it is now."""
        return False

    def hindrance(self, now: State, then: State) -> str:
        """Return why a state cannot be restored; nothing if it can be tried."""
        return ""

    def restore(self, pk: str, then: State) -> None:
        """Write a state, checked like any edit; raises ValidationError."""
        raise NotImplementedError

    def as_stored(self, name: str, value: Any) -> Any:
        """Return a value of the log as the row holds it: the log has it as somebody typed it in."""
        return value

    def lock(self, pk: str) -> None:
        """Have whoever else changes the row wait for the end of this transaction."""
        list(self.model._default_manager.select_for_update().filter(pk=pk).values_list("pk"))

    def entries(self, pk: str) -> models.QuerySet[Entry]:
        wanted = models.Q(model=self.model._meta.label_lower, object_pk=pk)
        for label, is_tied in self.beside.items():
            wanted |= models.Q(model=label, **({"object_pk": pk} if is_tied else {}))
        return Entry.objects.filter(wanted).order_by("-pk")

    def steps(self, pk: str, now: State) -> list[Step]:
        """Return the steps of the newest entries, of which there are at most `ENTRIES_MAXIMUM`."""
        return list(self.all_steps(now, self.entries(pk)[:ENTRIES_MAXIMUM]))

    def all_steps(self, now: State, entries: Iterable[Entry]) -> Iterator[Step]:
        """Put what belongs to other rows where it falls, without a state of its own."""
        label = self.model._meta.label_lower
        entries = list(entries)
        for entry in entries:
            entry.changes = {
                name: (self.as_stored(name, before), self.as_stored(name, after))
                for name, (before, after) in entry.changes.items()
            }
        others = [Step(entry, entry.changes, {}) for entry in entries if entry.model != label]
        for step in steps_of(now, (entry for entry in entries if entry.model == label)):
            while step.entry and others and others[0].entry.pk > step.entry.pk:  # type: ignore[union-attr]
                yield others.pop(0)
            yield step
        yield from others


def digest(state: State) -> str:
    """Return a text that is another one for every other state."""
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()


class ModelHistory(History):
    """The history of a model whose changes the audit log tells column by column.

    An older state is sent through the form of the model's admin, as if somebody had typed it in.
    """

    def __init__(
        self, admin: Any, request: HttpRequest, beside: Mapping[str, bool] | None = None
    ) -> None:
        self.admin, self.request = admin, request
        self.model = admin.model
        self.beside = beside or {}

    def now(self, pk: str) -> State:
        row = self.row(pk)
        if row is None:
            return {}
        return as_logged({field.name: field.value_from_object(row) for field in row._meta.fields})

    def name(self, pk: str) -> str:
        return str(self.row(pk) or "")

    def row(self, pk: str) -> models.Model | None:
        """Return the row, also one that is not stored as long as nothing was chosen."""
        row: models.Model | None = self.admin.get_object(self.request, pk)
        return row

    def lines(self, changes: Changes) -> list[Line]:
        return [
            Line(self.label(name), self.text(name, before), self.text(name, after))
            for name, (before, after) in changes.items()
        ]

    def label(self, name: str) -> str:
        field = self.field(name)
        return capfirst(str(field.verbose_name)) if field else name

    def field(self, name: str) -> Any:
        try:
            return self.model._meta.get_field(name)
        except FieldDoesNotExist:
            return None

    def text(self, name: str, value: Any) -> str | None:
        field = self.field(name)
        choices = dict(getattr(field, "flatchoices", None) or ())
        return value_text(choices.get(value, value))

    def as_stored(self, name: str, value: Any) -> Any:
        field = self.field(name)
        if value is None or not isinstance(field, models.DecimalField):
            return value
        return f"{Decimal(str(value)):.{field.decimal_places}f}"

    def stays(self, name: str) -> bool:
        return name not in self.form_fields

    @cached_property
    def form_fields(self) -> set[str]:
        return set(self.admin.get_form(self.request).base_fields)

    def restore(self, pk: str, then: State) -> None:
        row: Any = self.row(pk)
        form_class = self.admin.get_form(self.request, row, change=True)
        names = list(form_class.base_fields)
        typed = model_to_dict(row, fields=names)
        typed |= {name: then.get(name) for name in names if not self.stays(name)}
        form = form_class(typed, instance=row)
        if not form.is_valid():
            raise ValidationError(form.errors.as_data())
        self.admin.save_model(self.request, form.save(commit=False), form, True)


def value_text(value: Any) -> str | None:
    """Return a value of the log as people read it; None for none."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return str(formats.localize(value, use_l10n=True))
    return Truncator(str(value)).chars(TEXT_MAXIMUM)
