"""Lists of an admin site that can be downloaded as they are filtered."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path

from exports.response import csv_response


class ExportableAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Has a link above its list to the same rows as CSV: as filtered, searched and sorted, all pages."""

    change_list_template = "admin/exportable_list.html"
    #: Columns of the file, as `QuerySet.values_list` takes them.
    exported: Sequence[str] = ()

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        return [path("export/", view, name=name), *super().get_urls()]

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Send the list that the query string describes to whoever may see it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows: Any = self.get_changelist_instance(request).get_queryset(request)
        name = str(self.opts.verbose_name_plural)
        return csv_response(name, self.exported, rows.values_list(*self.exported).iterator())
