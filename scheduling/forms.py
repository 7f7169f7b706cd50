"""The form in which a tenant writes a schedule: its cadence, the task's parameters, its policies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from scheduling import schedules
from scheduling.brake_fields import NAMES as BRAKE_FIELDS
from scheduling.brake_fields import brake_fields, shown_brake, stored_brake, wished_brake
from scheduling.cadence_form import CRONTAB_LABELS, CadenceForm
from scheduling.catalogue import Entry, tenant_catalogue
from scheduling.choices import CADENCE_FIELDS
from scheduling.editing import Conflict, conflict_of, version_of
from scheduling.models import Schedule
from scheduling.overview import row_of
from scheduling.periodic import Row, crontab_text, periodic_rows
from scheduling.policy_fields import HELP, policy_fields
from scheduling.schedules import Wish
from tenants.models import Tenant
from tenants.names import known_timezones

#: What a new schedule of a task that suggests nothing begins with.
EVERY_DAY = "0 0 * * *"


class ScheduleForm(CadenceForm, forms.ModelForm):  # type: ignore[type-arg]
    """Being valid means being stored: `scheduling.schedules` writes, and its refusals are our errors.

    Nothing else of the row can be set here. What the platform alone decides is put back, so that a
    row that was set aside for it is right again after saving.
    """

    entry: ClassVar[Entry]
    tenant: ClassVar[Tenant]
    #: What a link wants the fields to begin with.
    asked: ClassVar[Mapping[str, Any]] = {}

    #: What was stored when the form was shown. A script that sends none overwrites what there is.
    version = forms.CharField(widget=forms.HiddenInput, required=False)
    conflict: Conflict | None = None

    class Meta:
        model = Schedule
        fields = ["name", "enabled"]
        help_texts: ClassVar = {"name": "", "enabled": _("One that is not enabled never runs.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            row = row_of(self.instance)
            brake = stored_brake(self.instance.pk)
            self.initial.update(self.stored(row) | brake, version=version_of(row, brake))
        self.initial.update(self.asked)
        for name in self.entry.form.base_fields:
            self.fields[name].label = capfirst(self.fields[name].label)
        self.initial.setdefault("timezone", self.tenant.timezone)
        self.initial.setdefault("crontab", self.entry.default_cadence or EVERY_DAY)
        self.show_cadence()

    def stored(self, row: Row) -> dict[str, Any]:
        """Return what the row holds, as far as this form can show it."""
        given = schedules.parameters_of(self.instance)
        shown = {name: given[name] for name in self.entry.form.base_fields if name in given}
        if row["crontab_id"] is not None:
            shown["crontab"] = crontab_text(row)
            # A select would show a zone that it does not know as the first that it knows.
            shown |= {"timezone": row["zone"]} if row["zone"] in known_timezones() else {}
        return shown | row["policies"]

    def wish(self) -> Wish:
        asked = self.cleaned_data
        return Wish(
            crontab=asked["crontab"],
            timezone=asked["timezone"],
            name=asked["name"],
            parameters={name: asked[name] for name in self.entry.form.base_fields},
            policies={name: asked[name] for name in HELP},
            brake=wished_brake(asked),
            enabled=asked["enabled"],
        )

    def _post_clean(self) -> None:
        if self.errors:
            return
        try:
            with transaction.atomic():
                self.instance = self.store(self.wish())
        except ValidationError as error:
            self.place(error)

    def store(self, wish: Wish) -> Schedule:
        schedule = Schedule.objects.select_for_update().filter(pk=self.instance.pk).first()
        if schedule is None:
            raise ValidationError(_("The schedule was deleted meanwhile."))
        self.refuse_to_overwrite(schedule, wish)
        schedule.name = wish.name
        return schedules.rewrite(schedule, self.entry, wish, self.tenant.timezone)

    def refuse_to_overwrite(self, schedule: Schedule, wish: Wish) -> None:
        """Raise ValidationError if somebody else has changed the schedule since the form was shown.

        The form then knows the version that it is compared with, so that saving again is deliberate.
        """
        row = periodic_rows(pk=schedule.pk)[0]
        brake = stored_brake(schedule.pk)
        version = version_of(row, brake)
        if self.cleaned_data["version"] in {"", version}:
            return
        yours: dict[str, Any] = {"name": wish.name, "enabled": wish.enabled}
        yours |= {"crontab": wish.crontab, "timezone": wish.timezone}
        yours |= {**(wish.parameters or {}), **(wish.policies or {})}
        yours |= shown_brake(wish.brake) if wish.brake else {}
        stored = {"name": schedule.name, "enabled": schedule.enabled} | self.stored(row) | brake
        conflict = conflict_of(schedule.pk, self, yours, stored)
        if not conflict.differences:
            return
        self.conflict = conflict
        self.show("version", version)
        raise ValidationError(
            _(
                "Somebody else has changed this schedule meanwhile: compare, and save again if yours is to stay."
            )
        )

    def place(self, error: ValidationError) -> None:
        """Put each error at the field of this form that it is about."""
        for name, messages in error.update_error_dict({}).items():
            for message in (text for one in messages for text in one.messages):
                self.add_error(*self.placed(name, message))

    def placed(self, name: str, message: str) -> tuple[str | None, str]:
        if name in CRONTAB_LABELS or name == "crontab":
            return self.cadence_place(name, message)
        if name == "parameters":
            parameter, _colon, reason = message.partition(": ")
            return (parameter, reason) if parameter in self.fields else (None, message)
        if name in self.fields:
            return name, message
        return None, message if name == NON_FIELD_ERRORS else f"{name}: {message}"


class NewScheduleForm(ScheduleForm):
    """Has a choice of task besides, and the parameters of the chosen one."""

    task = forms.ChoiceField(label=_("task"))
    version = None  # type: ignore[assignment]  # there is nothing to be overwritten

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(entry.name, entry.title) for entry in tenant_catalogue().values()]
        cast(forms.ChoiceField, self.fields["task"]).choices = choices
        self.initial.setdefault("task", self.entry.name)
        self.unseen = self.is_bound and self.show_parameters()

    def show_parameters(self) -> list[str]:
        """Return the parameters that the sender cannot have seen, filled in with their defaults.

        Without scripts, a page shows those of the task that was chosen when it was made.
        """
        fields = self.entry.form.base_fields
        unseen = [name for name in fields if name not in self.data]
        defaults = {name: fields[name].initial for name in unseen}
        given = {name: value for name, value in defaults.items() if value is not None}
        for name, value in given.items():
            self.show(name, value)
        return unseen

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in self.unseen or ():
            self.add_error(name, _("This belongs to the task you chose: check it and save again."))
        return cleaned

    def store(self, wish: Wish) -> Schedule:
        return schedules.make(self.entry, wish, self.tenant.timezone)


def form_for(
    entry: Entry, tenant: Tenant, base: type[ScheduleForm], asked: QueryDict | None = None
) -> type[ScheduleForm]:
    """Return the form for schedules of one task: `base` with the task's parameters as fields.

    Its fields begin with what the address of the page asks for, so that a link can offer a change.
    """
    parameters = entry.form.base_fields
    brake = brake_fields(entry)
    taken = parameters.keys() & {*NewScheduleForm.base_fields, *HELP, *brake}
    if taken:
        raise ValueError(f"{entry.name}: rename the parameter {', '.join(taken)}; the form has one")
    own = {"entry": entry, "tenant": tenant, "asked": asked_for(asked, parameters)}
    return type(base.__name__, (base,), {**own, **policy_fields(), **brake, **parameters})


def asked_for(address: QueryDict | None, parameters: Iterable[str]) -> dict[str, Any]:
    if address is None:
        return {}
    names = {"name", *CADENCE_FIELDS, *BRAKE_FIELDS, *HELP, *parameters}
    several = {"on_weekdays"}
    return {
        name: address.getlist(name) if name in several else address[name]
        for name in names.intersection(address)
    }
