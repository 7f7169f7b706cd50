"""Ways between the pages of an admin: to a row's page, for whoever may see it."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse


class LinkRows(admin.ModelAdmin):  # type: ignore[type-arg]
    def link_of(self, request: HttpRequest, row: Model) -> str | None:
        """Return the address of the page of any model's row, for whoever may see it."""
        opts = row._meta
        is_shown = self.admin_site.is_registered(type(row))
        if not is_shown or not request.user.has_perm(f"{opts.app_label}.view_{opts.model_name}"):
            return None
        name = f"admin:{opts.app_label}_{opts.model_name}_change"
        return reverse(name, args=[row.pk], current_app=self.admin_site.name)

    def back_to(self, row: Model, page: str = "change") -> HttpResponseRedirect:
        """Return to a page of one of this admin's rows, where the messages are shown."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}"
        return HttpResponseRedirect(reverse(name, args=[row.pk], current_app=self.admin_site.name))
