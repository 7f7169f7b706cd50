"""Orders and daily reports in a tenant's admin. saas/sites.py says on which site they are shown."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.validators import RegexValidator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from exports.admin import ExportableAdmin
from exports.response import csv_response
from orders.admin_filters import ClosableFilter, ClosedByFilter, StatusFilter, TotalFilter
from orders.admin_keeping import KeepOrdersOpen
from orders.admin_search import FastSearch
from orders.by_hand import save_change
from orders.models import DailyReport, Order
from orders.order_line import CURRENCY, YEARS
from orders.reports import CSV_HEADER, csv_rows


class OrderForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Order
        fields = ("number", "customer", "placed_at", "total", "currency", "status", "kept_open")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"status", "kept_open"} & self.fields.keys():
            # What was shown comes back with the form, so that what a run or its undoing changed
            # meanwhile is not taken for the person's own change.
            self.fields[name].show_hidden_initial = True
        if "currency" in self.fields:
            capitals = _("Write three capitals, such as EUR.")
            self.fields["currency"].validators.append(
                RegexValidator(rf"\A{CURRENCY.pattern}\Z", capitals)
            )

    def clean_placed_at(self) -> datetime:
        """What an order file may not say either: a list of such orders could not be shown in each zone."""
        placed_at: datetime = self.cleaned_data["placed_at"]
        if placed_at.year not in YEARS:
            text = _("Choose a year from %(first)s to %(last)s.")
            raise forms.ValidationError(text % {"first": YEARS[0], "last": YEARS[-1]})
        return placed_at

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        is_cancelled = values.get("status") == Order.Status.CANCELLED
        if values.get("total", 0) < 0 and not is_cancelled:
            self.add_error("total", _("Only a cancelled order may have a negative total."))
        if values.get("status") not in Order.KEEPABLE:
            values["kept_open"] = False
        return values


class OrderAdmin(KeepOrdersOpen, FastSearch, ExportableAdmin):
    form = OrderForm
    change_list_template = "admin/orders/order/change_list.html"
    #: The columns of an order file, so that what was exported can be imported.
    exported = ("number", "customer", "placed_at", "total", "currency", "status", "closed_at")
    list_display = (*exported[:-1], "kept_open", "closed_at")
    list_filter = (
        ("status", StatusFilter),
        "kept_open",
        ClosableFilter,
        ("placed_at", admin.DateFieldListFilter),
        TotalFilter,
        ClosedByFilter,
    )
    # By what an index has in its order: to sort a million takes seconds.
    sortable_by = ("number", "placed_at")
    date_hierarchy = "placed_at"
    readonly_fields = ("status_changed_at", "closed_at", "closed_by_run")
    list_per_page = 25

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {"is_empty": not Order.objects.exists()} | (extra_context or {})
        return super().changelist_view(request, context)

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Send all that was searched for, however long it takes: a list shows the first of it."""
        request.is_whole_list = True  # type: ignore[attr-defined]
        return super().export_view(request)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        tenant = request.tenant  # type: ignore[attr-defined]  # the tenant middleware adds it
        defaults = {"currency": tenant.currency, "placed_at": timezone.now()}
        return defaults | super().get_changeform_initial_data(request)

    def save_model(self, request: HttpRequest, obj: Order, form: Any, change: bool) -> None:
        """Store what the person changed and nothing else: a run may have closed the order meanwhile."""
        if change:
            save_change(obj, form.changed_data)
        else:
            obj.change_status_by_hand()
            obj.save()
        obj.refresh_from_db()


class DailyReportAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Reports are made by their task; here they are read, and downloaded as CSV."""

    list_display = ("day", "placed", "placed_total", "closed", "closed_total", "open", "download")
    date_hierarchy = "day"
    exclude = ("by_currency",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: DailyReport | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: DailyReport | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.csv_view)
        return [path("<int:pk>/csv/", view, name="orders_dailyreport_csv"), *super().get_urls()]

    @admin.display(description=_("CSV"))
    def download(self, report: DailyReport) -> str:
        url = reverse(
            "admin:orders_dailyreport_csv", args=[report.pk], current_app=self.admin_site.name
        )
        return format_html('<a href="{}">{}</a>', url, _("Download"))

    def csv_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        report = self.get_object(request, str(pk))
        if report is None:
            raise Http404
        return csv_response(f"daily-report-{report.day}", CSV_HEADER, csv_rows(report))
