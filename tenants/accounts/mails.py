"""Which mails a person wants, chosen by that person alone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from tenants.accounts.models import User
from tenants.schema import in_public_schema


def may_choose_mails(user: User) -> bool:
    """Whether this user is one of those who get mails about runs: a tenant's owners."""
    return user.role == User.Role.OWNER and not in_public_schema()


class MailForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["mail_missed_runs"]


class MailPage(FormView):  # type: ignore[type-arg]
    form_class = MailForm
    template_name = "accounts/mails.html"
    extra_context = {"title": _("Mail about missed runs")}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.user = User.objects.get(pk=request.user.pk)
        if not may_choose_mails(self.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"instance": self.user}

    def form_valid(self, form: MailForm) -> HttpResponse:
        form.save()
        messages.success(self.request, _("Your choice is saved."))
        return redirect("admin:security")
