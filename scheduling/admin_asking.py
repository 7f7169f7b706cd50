"""Pages that ask once more before something is done to one row; they need no script."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from scheduling.admin_links import LinkRows


class AskFirst(LinkRows):
    """For views of one row beside its page: shown by GET, done by POST."""

    def ask_first(
        self, request: HttpRequest, template: str, title: Any, row: Model, **context: Any
    ) -> HttpResponse:
        """Return a page that extends `admin/ask_first.html`."""
        context |= self.admin_site.each_context(request)
        context |= {"title": title, "opts": self.opts, "row": row}
        return TemplateResponse(request, template, context)

    def go_on_without(self, request: HttpRequest) -> HttpResponseRedirect:
        """Say that the row is gone, on the list of those that are left."""
        text = _("It is not there any more: somebody has deleted it.")
        self.message_user(request, text, messages.WARNING)
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
        return HttpResponseRedirect(reverse(name, current_app=self.admin_site.name))
