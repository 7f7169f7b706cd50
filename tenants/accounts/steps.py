"""Logging in, a page per step: the password, then the second factor, or setting one up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import django_otp
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import login
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.generic import FormView
from django_otp.models import Device

from tenants.accounts import pending, qr, second_factor, throttling
from tenants.accounts.code_forms import CodeForm
from tenants.accounts.events import LoginEvent, record
from tenants.accounts.models import User

BACKEND = "tenants.accounts.backends.RoleBackend"
#: In a session, the secret that an authenticator is being set up with. Whoever else knows the
#: password gets another one, so that nobody sets up what a stranger has seen.
ENROLMENT_KEY = "enrolment_key"
WRONG_CODE = _("This code is not right, or was used before.")


class PasswordStep(LoginView):
    template_name = "admin/login.html"
    authentication_form = AdminAuthenticationForm
    next_page = "admin:index"

    def form_valid(self, form: Any) -> HttpResponse:
        user: User = form.get_user()
        if not second_factor.is_owed(user):
            return super().form_valid(form)
        pending.remember(self.request, user, self.get_success_url())
        step = "login_code" if second_factor.has_one(user) else "login_enrol"
        return redirect(f"admin:{step}")


class CodePage(FormView):  # type: ignore[type-arg]
    """Takes a code from `user`, whom a subclass finds; wrong ones count like wrong passwords."""

    user: User
    form_class = CodeForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if throttling.is_locked(request, self.user):
            return HttpResponse()  # in whose place the middleware puts the page for this
        return super().dispatch(request, *args, **kwargs)

    def refuse(self, form: CodeForm, field: str = "code", reason: Any = WRONG_CODE) -> HttpResponse:
        throttling.count_failure(self.request, self.user)
        form.add_error(field, reason)
        return self.form_invalid(form)


@method_decorator([never_cache, csrf_protect], name="dispatch")
class SecondStep(CodePage):
    """What follows the password; only for somebody who just gave it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        user = pending.who(request)
        if user is None:
            return redirect("admin:login")
        self.user = user
        return super().dispatch(request, *args, **kwargs)

    def let_in(self, device: Device) -> str:
        """Log in, with a new session key, and return where that was to lead."""
        leads_to = pending.settle(self.request)
        login(self.request, self.user, backend=BACKEND)
        django_otp.login(self.request, device)
        return leads_to


class CodeStep(SecondStep):
    template_name = "accounts/code.html"
    extra_context = {"title": _("Second step")}

    def form_valid(self, form: CodeForm) -> HttpResponse:
        device = second_factor.accept(self.user, form.cleaned_data["code"])
        if device is None:
            return self.refuse(form)
        return redirect(self.let_in(device))


class Enrolment(CodePage):
    """Shows a secret to an authenticator until it has given a right code for it."""

    template_name = "accounts/enrol.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        key = self.request.session.setdefault(ENROLMENT_KEY, second_factor.new_key())
        issuer = self.request.tenant.name  # type: ignore[attr-defined]
        return super().get_context_data(**kwargs) | {
            "title": _("Set up your second factor"),
            "secret": qr.readable(key),
            "drawing": qr.drawing(qr.address(self.user, issuer, key)),
        }

    def enrol(self, form: CodeForm) -> tuple[Device, list[str]] | None:
        key = self.request.session.get(ENROLMENT_KEY, "")
        made = second_factor.enrol(self.user, key, form.cleaned_data["code"]) if key else None
        if made:
            del self.request.session[ENROLMENT_KEY]
            record(LoginEvent.Kind.FACTOR_ADDED, self.user, self.request)
        return made


class EnrolStep(Enrolment, SecondStep):
    """Where one is required, the way in for somebody who has none yet, and for nobody else."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        user = pending.who(request)
        if user and second_factor.has_one(user):
            return redirect("admin:login_code")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: CodeForm) -> HttpResponse:
        made = self.enrol(form)
        if made is None:
            return self.refuse(form)
        device, codes = made
        return show_codes(self.request, codes, self.let_in(device), self.extra_context)


def show_codes(
    request: HttpRequest, codes: list[str], leads_to: str, context: Mapping[str, Any] | None
) -> HttpResponse:
    """Answer with new recovery codes, which no other page ever shows again."""
    page = {"title": _("Your recovery codes"), "codes": codes, "leads_to": leads_to}
    return TemplateResponse(request, "accounts/recovery_codes.html", {**(context or {}), **page})
