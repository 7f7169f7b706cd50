"""The two catalogues: tasks that tenants may schedule, and the platform's own periodic tasks.

A task enters one by an option of its decorator, and nothing that is not in there is ever sent:

    @shared_task(schedulable=True, label="Close old orders", parameters=ClosingParameters)
    @shared_task(schedulable=True, label="Close old orders", undo=ClosingUndo())
    @shared_task(platform=True, label="Prune the ledger", default_cadence="15 3 * * *")
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from celery import current_app
from django import forms
from django.utils.translation import gettext

from scheduling.hooks import Brake, Preview, Undo
from scheduling.problems import UNKNOWN_PARAMETER

TENANT_QUEUE = "celery"
PLATFORM_QUEUE = "platform"


class ParametersError(ValueError):
    """A parameter that the task does not take, or a value it does not allow."""


@dataclass(frozen=True)
class Entry:
    """One schedulable task. `default_cadence` is the crontab it is seeded with, if any."""

    task: Any
    queue: str

    @property
    def name(self) -> str:
        return str(self.task.name)

    @property
    def label(self) -> str:
        """What a schedule of it is called unless somebody calls it otherwise, in English."""
        return str(getattr(self.task, "label", None) or self.name)

    @property
    def title(self) -> str:
        """The label in the language that is active."""
        return gettext(self.label)

    @property
    def default_cadence(self) -> str | None:
        return getattr(self.task, "default_cadence", None)

    @property
    def form(self) -> type[forms.Form]:
        """The form whose fields are the task's parameters, with their bounds and defaults."""
        return getattr(self.task, "parameters", None) or forms.Form

    @property
    def undo(self) -> Undo | None:
        """How to take back what a run of it did, if the task offers that."""
        return getattr(self.task, "undo", None)

    @property
    def preview(self) -> Preview | None:
        """How to find out what a run of it would do, if the task offers that."""
        return getattr(self.task, "preview", None)

    @property
    def brake(self) -> Brake | None:
        """How to find out whether a run of it would do too much, if the task offers that."""
        return getattr(self.task, "brake", None)

    def parameters(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return `given` completed by the defaults and validated; raises ParametersError."""
        fields = self.form.base_fields
        for name in given:
            if name not in fields:
                said = UNKNOWN_PARAMETER(task=self.name, names=known(fields))
                raise ParametersError(f"{name}: {said}")
        form = self.form({name: field.initial for name, field in fields.items()} | dict(given))
        if not form.is_valid():
            name, errors = next(iter(form.errors.items()))
            raise ParametersError(f"{name}: {errors[0]}")
        return dict(form.cleaned_data)


def known(fields: Mapping[str, Any]) -> str:
    return ", ".join(fields) or "none"


def tenant_catalogue() -> dict[str, Entry]:
    """Return what tenants may schedule, by task name."""
    return offered("schedulable", TENANT_QUEUE)


def platform_catalogue() -> dict[str, Entry]:
    """Return the platform's own periodic tasks, by task name."""
    return {
        name: entry
        for name, entry in offered("platform", PLATFORM_QUEUE).items()
        if entry.default_cadence
    }


def offered(option: str, queue: str) -> dict[str, Entry]:
    load_tasks()
    return {
        name: Entry(task, queue)
        for name, task in sorted(current_app.tasks.items())
        if getattr(task, option, False)
    }


@cache
def load_tasks() -> None:
    """Import every module that offers tasks; once, for with it Celery has Django check itself."""
    current_app.loader.import_default_modules()


def catalogue_of(schema_name: str) -> dict[str, Entry]:
    return platform_catalogue() if schema_name == "public" else tenant_catalogue()
