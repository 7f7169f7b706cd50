"""The platform's list of missed runs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from scheduling.agenda.admin import FleetList, TenantFilter


class OpenFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("missed")), ("no", _("over"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "yes":
            return queryset.filter(recovered_at=None)
        return queryset.exclude(recovered_at=None) if self.value() == "no" else queryset


class AlarmAdmin(FleetList):
    list_display = ["raised_at", "whose", "name", "slot_at", "reason", "recovered_at", "ending"]
    list_filter = [TenantFilter, OpenFilter, "reason"]
    search_fields = ["tenant__slug"]
    ordering = ["-raised_at", "-pk"]
    sortable_by = ["raised_at"]
