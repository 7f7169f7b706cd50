"""Pages about the audit log: read, filtered, exported, and nothing else. The same for both sites."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from admin_parts.long_lists import LongList
from exports.admin import ExportableAdmin
from tenants.audit.actors import actors
from tenants.audit.models import Entry
from tenants.audit.showing import differences
from tenants.read_only import ReadOnlyAdmin


class ActorFilter(admin.SimpleListFilter):
    title = _("who")
    parameter_name = "actor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(actor, actor) for actor in actors()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(actor=self.value()) if self.value() else queryset


class EntryAdmin(ExportableAdmin, LongList, ReadOnlyAdmin):
    list_display = ["at", "actor", "action", "kind", "object_repr", "difference", "address"]
    list_filter = [("at", admin.DateFieldListFilter), "action", ActorFilter]
    search_fields = ["actor", "object_repr", "via"]
    search_help_text = _("Who, what, or by way of which page, command or task")
    ordering = ["-at", "-pk"]
    sortable_by = ["at"]
    list_per_page = 50
    fields = ["at", "actor", "actor_id", "address", "via", "action", "kind", "object_pk"]
    fields += ["object_repr", "difference"]
    exported = ["at", "actor", "actor_id", "address", "via", "action", "model", "object_pk"]
    exported += ["object_repr", "changes"]

    @admin.display(description=_("kind"))
    def kind(self, entry: Entry) -> str:
        return entry.kind

    @admin.display(description=_("before and after"))
    def difference(self, entry: Entry) -> SafeString:
        return format_html_join("", "<div>{}: {} → {}</div>", differences(entry))
