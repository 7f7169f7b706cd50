"""The page on which a tenant's owner chooses how the site looks."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from admin_parts.one_row import OneRowAdmin
from tenants.branding import logos
from tenants.branding.forms import BrandingForm
from tenants.branding.models import Branding


class BrandingAdmin(OneRowAdmin):
    form = BrandingForm
    fields = ["display_name", "accent", "present_logo", "new_logo", "without_logo"]
    readonly_fields = ["present_logo"]

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
