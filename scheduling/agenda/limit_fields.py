"""A tenant's limits as fields of the platform's form; what is left empty is the platform's default."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scheduling.agenda.limits import BOUNDS, Limits, defaults
from tenants.forms import TenantForm

HELP = {
    "least_interval_seconds": _(
        "A schedule that fires more often is set aside and says so. No crontab fires more than once "
        "a minute."
    ),
    "schedules_maximum": _(
        "No more can be made; of those there are, the ones made last are set aside and say so."
    ),
    "firings_in_flight_maximum": _(
        "Further slots wait until one of these is over; a run by hand is refused meanwhile."
    ),
}
EMPTY = _("Empty: the platform's default, %d.")


def limit_field(column: str) -> forms.Field:
    least, most = BOUNDS[column]
    # A form does not ask the validators of another model, but answers for what it takes.
    field: Any = Limits._meta.get_field(column)
    shown: forms.Field = field.formfield(min_value=least, max_value=most)
    shown.help_text = HELP[column]
    return shown


class FleetForm(TenantForm):
    """What staff may change of a tenant, its limits among it."""

    least_interval_seconds = limit_field("least_interval_seconds")
    schedules_maximum = limit_field("schedules_maximum")
    firings_in_flight_maximum = limit_field("firings_in_flight_maximum")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        decided = Limits.objects.filter(tenant=self.instance.pk).first() or Limits()
        for column, default in defaults().items():
            if column in self.fields:
                self.initial[column] = getattr(decided, column)
                self.fields[column].help_text = f"{HELP[column]} {EMPTY % default}"
                self.fields[column].widget.attrs["placeholder"] = default

    def limits(self) -> dict[str, int | None]:
        return {column: self.cleaned_data[column] for column in BOUNDS}
