"""A tenant's pages about its runs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from scheduling.admin_stopping import StopRuns
from scheduling.admin_undo import UndoRuns
from scheduling.long_lists import LongListAdmin
from scheduling.models import RunRetention


class RunAdmin(UndoRuns, StopRuns, LongListAdmin):
    list_display = [
        "slot_at",
        "name",
        "state",
        "trigger",
        "started_at",
        "finished_at",
        "examined",
        "closed",
        "error",
    ]
    list_filter = ["state", "trigger"]
    search_fields = ["name"]
    sortable_by = ["slot_at"]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Say at the top how long runs are kept."""
        told = {"retention": RunRetention.current()}
        return super().changelist_view(request, told | (extra_context or {}))
