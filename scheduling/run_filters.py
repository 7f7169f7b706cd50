"""By what a tenant's list of runs can be narrowed down. None counts rows: there may be very many."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from scheduling.asking import number_in
from scheduling.models import Run, Schedule


class ScheduleFilter(admin.SimpleListFilter):
    """The runs of one schedule; one that was deleted is found by its number in the address."""

    title = _("schedule")
    parameter_name = "periodic_task_id"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        schedules = list(Schedule.objects.order_by("name").values_list("pk", "name"))
        chosen = self.chosen()
        if chosen and chosen not in dict(schedules):
            schedules.append((chosen, _("A deleted schedule")))
        return schedules

    def queryset(self, request: HttpRequest, queryset: QuerySet[Run]) -> QuerySet[Run]:
        chosen = self.chosen()
        if chosen is None and self.value() is not None:
            raise IncorrectLookupParameters
        return queryset if chosen is None else queryset.filter(periodic_task_id=chosen)

    def chosen(self) -> int | None:
        return number_in(self.value() or "")
