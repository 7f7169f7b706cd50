"""The page on which orders are imported, and the files that came by it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from exports.response import file_name
from orders import waiting_files
from orders.models import OrderFile
from orders.order_file import FileError
from orders.rejections import shown_reason
from orders.uploads import Upload, UploadForm, look_at, take_in
from wording.showing import shown

GONE = _("This file was imported already, or waited too long: choose it again.")
WRITING = ("orders.add_order", "orders.change_order")


class OrderFileAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Adding one means importing it."""

    list_display = ["imported_at", "name", "sender", "imported", "updated", "rejected", "download"]
    search_fields = ["name", "sender"]
    ordering = ["-imported_at", "-pk"]
    show_full_result_count = False
    fields = ["name", "imported_at", "sender", "size", "sha256"]
    fields += ["imported", "updated", "rejected", "rejected_lines", "download"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.download_view)
        name = "orders_orderfile_download"
        return [path("<int:pk>/download/", view, name=name), *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perms(WRITING)

    def has_change_permission(self, request: HttpRequest, obj: OrderFile | None = None) -> bool:
        return False

    @admin.display(description=_("file"))
    def download(self, record: OrderFile) -> str:
        if not record.file:
            return "-"
        url = reverse(
            "admin:orders_orderfile_download", args=[record.pk], current_app=self.admin_site.name
        )
        return format_html('<a href="{}">{}</a>', url, _("Download"))

    @admin.display(description=_("rejected lines"))
    def rejected_lines(self, record: OrderFile) -> SafeString | str:
        lines = ((_("line"), *line) for line in told(record))
        return format_html_join("", "<div>{} {}: {}</div>", lines) or "-"

    def download_view(self, request: HttpRequest, pk: int) -> FileResponse:
        """Give the file back as it came, as nothing that a browser would show or run."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        record: OrderFile | None = self.get_object(request, str(pk))
        if record is None or not record.file:
            raise Http404
        try:
            content = record.file.open("rb")
        except FileNotFoundError:
            raise Http404 from None
        stem = record.name.rpartition(".")[0]
        return FileResponse(
            content,
            as_attachment=True,
            filename=file_name(stem),
            content_type="text/csv; charset=utf-8",
            headers={"X-Content-Type-Options": "nosniff"},
        )

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST" and (token := request.POST.get("kept")):
            return self.import_kept(request, token)
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            return self.import_upload(request, form)
        return self.page(request, form)

    def import_upload(self, request: HttpRequest, form: UploadForm) -> HttpResponse:
        upload = Upload.of(form.cleaned_data["file"], request.user.get_username())
        try:
            if form.cleaned_data["dry_run"]:
                return self.show(request, upload)
            outcome = take_in(upload)
        except FileError as error:
            form.add_error("file", shown(str(error)))
            return self.page(request, form)
        return self.leave(request, outcome.record)

    def show(self, request: HttpRequest, upload: Upload) -> HttpResponse:
        """Show what the file would do, and keep it so that it need not be chosen again."""
        outcome = look_at(upload)
        token = waiting_files.keep(request.session, upload.path, upload.name, upload.size)
        more = outcome.record.rejected - len(outcome.record.rejections)
        return self.page(
            request,
            UploadForm(),
            token=token,
            lines=told(outcome.record),
            more=more,
            **outcome._asdict(),
        )

    def import_kept(self, request: HttpRequest, token: str) -> HttpResponse:
        """Import the file that was looked at, once."""
        kept = waiting_files.take(request.session, token)
        if kept is None:
            self.message_user(request, GONE, messages.ERROR)
            return self.page(request, UploadForm())
        try:
            outcome = take_in(Upload(*kept, request.user.get_username()))
        except FileError as error:
            self.message_user(request, shown(str(error)), messages.ERROR)
            return self.page(request, UploadForm())
        finally:
            kept.path.unlink(missing_ok=True)
        return self.leave(request, outcome.record)

    def leave(self, request: HttpRequest, record: OrderFile) -> HttpResponse:
        """Go to the page of what was imported, so that reloading it imports nothing again."""
        text = _("%(imported)s imported, %(updated)s updated, %(rejected)s rejected.")
        level = messages.WARNING if record.rejected else messages.SUCCESS
        self.message_user(request, text % vars(record), level)
        name = "orders_orderfile_change" if self.has_view_permission(request) else "index"
        arguments = [record.pk] if name != "index" else []
        url = reverse(f"admin:{name}", args=arguments, current_app=self.admin_site.name)
        return HttpResponseRedirect(url)

    def page(self, request: HttpRequest, form: UploadForm, **outcome: Any) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import orders"),
            "opts": self.opts,
            "form": form,
            **outcome,
        }
        return TemplateResponse(request, "admin/orders/orderfile/upload.html", context)


def told(record: OrderFile) -> list[tuple[int, str]]:
    """Return the rejected lines that are kept, and why, in the reader's language."""
    return [(line, shown_reason(reason)) for line, reason in record.rejections]
