"""The page on which a tenant says how long its runs are kept."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from scheduling.models import RunRetention


class RunRetentionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Has one row, stored or not: there is no list to choose it from, and nothing to add or delete."""

    fields = ["runs_kept_days"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> RunRetention | None:
        return RunRetention.current() if object_id == str(RunRetention.ONLY) else None

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return self.go_to("scheduling_runretention_change", RunRetention.ONLY)

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        return self.go_to("scheduling_run_changelist")

    def go_to(self, page: str, *args: object) -> HttpResponseRedirect:
        url = reverse(f"admin:{page}", args=args, current_app=self.admin_site.name)
        return HttpResponseRedirect(url)
