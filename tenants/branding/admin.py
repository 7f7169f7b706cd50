"""The page on which a tenant's owner chooses how the site looks."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from tenants.branding import logos
from tenants.branding.forms import BrandingForm
from tenants.branding.models import Branding


class BrandingAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Has one row, stored or not: there is no list to choose it from, and nothing to add or delete."""

    form = BrandingForm
    fields = ["display_name", "accent", "present_logo", "new_logo", "without_logo"]
    readonly_fields = ["present_logo"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Branding | None:
        return Branding.current() if object_id == str(Branding.ONLY) else None

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return self.go_to_the_row()

    @admin.display(description=_("logo"))
    def present_logo(self, branding: Branding) -> str:
        if not branding.logo:
            return "-"
        url = reverse("admin:branding_logo", current_app=self.admin_site.name)
        return format_html(
            '<img class="brand-logo" src="{}?v={}" alt="{}">',
            url,
            branding.version,
            branding.display_name or _("Your logo"),
        )

    def save_model(self, request: HttpRequest, obj: Branding, form: Any, change: bool) -> None:
        before, picture = obj.logo, form.cleaned_data.get("new_logo")
        if picture:
            obj.logo = logos.keep(picture)
        elif form.cleaned_data.get("without_logo"):
            obj.logo = ""
        obj.version += 1
        obj.save()
        if before and before != obj.logo:
            logos.remove(before)

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        return self.go_to_the_row()

    def go_to_the_row(self) -> HttpResponseRedirect:
        name, site = "admin:branding_branding_change", self.admin_site.name
        return HttpResponseRedirect(reverse(name, args=[Branding.ONLY], current_app=site))
