"""The form in which a tenant writes a schedule: one crontab, its time zone, the task's parameters."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from scheduling import schedules
from scheduling.catalogue import Entry, tenant_catalogue
from scheduling.models import Schedule
from scheduling.periodic import CRONTAB_FIELDS, periodic_rows
from scheduling.policy_fields import HELP, policy_fields
from scheduling.schedules import Wish
from tenants.forms import TimeZoneField
from tenants.models import Tenant
from tenants.names import known_timezones

#: How the five fields are called in a message about one of them.
CRONTAB_LABELS = {
    "minute": _("minute"),
    "hour": _("hour"),
    "day_of_month": _("day of month"),
    "month_of_year": _("month"),
    "day_of_week": _("day of week"),
}
CRONTAB_HELP = _(
    "Five fields: minute, hour, day of month, month, day of week (0 or 7 is Sunday). "
    "“0 0 * * *” is every day at midnight, “30 6 * * 1-5” at half past six from Monday to Friday, "
    "“*/15 * * * *” every quarter of an hour, “0 3 1 * *” at three on the first of each month. "
    "Where both days are given, both must match."
)
CRONTAB_MAXIMUM = 600  # characters, more than the columns of all five fields hold


class ScheduleForm(forms.ModelForm):  # type: ignore[type-arg]
    """Being valid means being stored: `scheduling.schedules` writes, and its refusals are our errors.

    Nothing else of the row can be set here. What the platform alone decides is put back, so that a
    row that was set aside for it is right again after saving.
    """

    entry: ClassVar[Entry]
    tenant: ClassVar[Tenant]

    crontab = forms.CharField(
        label=_("crontab"), max_length=CRONTAB_MAXIMUM, strip=True, help_text=CRONTAB_HELP
    )
    timezone = TimeZoneField(help_text=_("The crontab is read on the clocks of this place."))

    class Meta:
        model = Schedule
        fields = ["name", "enabled"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("timezone", self.tenant.timezone)
        if self.instance.pk:
            self.initial.update(self.stored())

    def stored(self) -> dict[str, Any]:
        """Return what the row holds, as far as this form can show it."""
        row = periodic_rows(pk=self.instance.pk)[0]
        given = schedules.parameters_of(self.instance)
        shown = {name: given[name] for name in self.entry.form.base_fields if name in given}
        if row["crontab_id"] is not None:
            shown["crontab"] = " ".join(row[f"crontab__{field}"] for field in CRONTAB_FIELDS)
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
        schedule.name = wish.name
        return schedules.rewrite(schedule, self.entry, wish, self.tenant.timezone)

    def place(self, error: ValidationError) -> None:
        """Put each error at the field of this form that it is about."""
        for name, messages in error.update_error_dict({}).items():
            for message in (text for one in messages for text in one.messages):
                self.add_error(*self.placed(name, message))

    def placed(self, name: str, message: str) -> tuple[str | None, str]:
        if name in CRONTAB_LABELS:
            return "crontab", f"{CRONTAB_LABELS[name]}: {message}"
        if name == "parameters":
            parameter, _colon, reason = message.partition(": ")
            return (parameter, reason) if parameter in self.fields else (None, message)
        if name in self.fields:
            return name, message
        return None, message if name == NON_FIELD_ERRORS else f"{name}: {message}"


class NewScheduleForm(ScheduleForm):
    """Has a choice of task besides, and the parameters of the chosen one."""

    task = forms.ChoiceField(label=_("task"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(entry.name, entry.label) for entry in tenant_catalogue().values()]
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
        self.data = {**self.data.dict(), **given}  # type: ignore[attr-defined]  # a QueryDict
        return unseen

    def clean(self) -> dict[str, Any]:
        for name in self.unseen or ():
            self.add_error(name, _("This belongs to the task you chose: check it and save again."))
        return self.cleaned_data

    def store(self, wish: Wish) -> Schedule:
        return schedules.make(self.entry, wish, self.tenant.timezone)


def form_for(entry: Entry, tenant: Tenant, base: type[ScheduleForm]) -> type[ScheduleForm]:
    """Return the form for schedules of one task: `base` with the task's parameters as fields."""
    parameters = entry.form.base_fields
    taken = parameters.keys() & {*NewScheduleForm.base_fields, *HELP}
    if taken:
        raise ValueError(f"{entry.name}: rename the parameter {', '.join(taken)}; the form has one")
    own = {"entry": entry, "tenant": tenant}
    return type(base.__name__, (base,), {**own, **policy_fields(), **parameters})
