"""The admin of a model of one row, stored or not."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse


class OneRowAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Goes from the list straight to the row: there is none to choose from, to add or to delete.

    The model has the key of its row as `ONLY`, and a classmethod `current` that returns the row, or
    one with the defaults as long as none is stored.
    """

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        model: Any = self.model
        return model.current() if object_id == str(model.ONLY) else None

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return self.go_to_the_row()

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        return self.go_to_the_row()

    def go_to_the_row(self) -> HttpResponseRedirect:
        model: Any = self.model
        return self.go_to(f"{self.opts.label_lower.replace('.', '_')}_change", model.ONLY)

    def go_to(self, page: str, *args: object) -> HttpResponseRedirect:
        url = reverse(f"admin:{page}", args=args, current_app=self.admin_site.name)
        return HttpResponseRedirect(url)
