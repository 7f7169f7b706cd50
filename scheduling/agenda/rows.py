"""Objects of many rows, made as cheaply as can be: planning and publishing make some for every firing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.base import ModelState

Row = TypeVar("Row", bound=models.Model)


def objects(queryset: models.QuerySet[Row], names: Iterable[str]) -> list[Row]:
    """Return the rows as objects that know these columns (attribute names); others are read when asked for.

    What Django's own way costs is mostly asking each field of each row. Values are those of
    `values_list`.
    """
    names = list(names)
    model = queryset.model
    return [
        with_values(model, dict(zip(names, row, strict=True)))
        for row in queryset.values_list(*names)
    ]


def with_values(model: type[Row], values: dict[str, Any], adding: bool = False) -> Row:
    """Return an object of these attributes, as `model.from_db` would."""
    made = model.__new__(model)
    state = ModelState()
    state.adding, state.db = adding, DEFAULT_DB_ALIAS
    made.__dict__.update(values, _state=state)
    return made
