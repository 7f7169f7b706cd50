"""What people see and change of their own safety: second factor, sessions, and the tenant's policy."""

from __future__ import annotations

from typing import Any

import django_otp
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, TemplateView, View

from tenants.accounts import second_factor
from tenants.accounts.code_forms import CodeForm, EnrolmentForm, PolicyForm
from tenants.accounts.events import LoginEvent, record
from tenants.accounts.models import SecurityPolicy, Session, User
from tenants.accounts.session_list import end_sessions, end_unproven_sessions, live_sessions
from tenants.accounts.steps import WRONG_CODE, CodePage, Enrolment, show_codes
from tenants.schema import in_public_schema

Kind = LoginEvent.Kind


def me(request: HttpRequest) -> User:
    """Return the user's own row, apart from what `request.user` carries along."""
    return User.objects.get(pk=request.user.pk)


def may_set_policy(user: User) -> bool:
    return user.role == User.Role.OWNER and not in_public_schema()


class SecurityPage(TemplateView):
    template_name = "accounts/security.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = me(self.request)
        return super().get_context_data(**kwargs) | {
            "title": _("Log-in and security"),
            "sessions": live_sessions(user),
            "current_key": self.request.session.session_key,
            "has_second_factor": second_factor.has_one(user),
            "is_required": second_factor.is_required(),
            "codes_left": second_factor.codes_left(user),
            "may_set_policy": may_set_policy(user),
        }


class EndSessions(View):
    """Ends one of the user's own sessions, named by its handle, or all of them."""

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        user = me(request)
        handle = request.POST.get("handle")
        rows = [row for row in Session.objects.of(user) if handle in {row.handle, "all"}]
        end_sessions(rows)
        record(Kind.SESSIONS_ENDED, user, request)
        if any(row.session_key == request.session.session_key for row in rows):
            request.session.flush()
            return redirect("admin:login")
        messages.success(request, _("That session has ended."))
        return redirect("admin:security")


class EnrolPage(Enrolment):
    """The same as at log-in, of one's own free will, or for a new telephone."""

    form_class = EnrolmentForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.user = me(request)
        if second_factor.has_one(self.user):
            messages.info(
                request, _("Remove the second factor you have before you set up another.")
            )
            return redirect("admin:security")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        if not self.user.check_password(form.cleaned_data["password"]):
            return self.refuse(form, "password", _("This is not your password."))
        made = self.enrol(form)
        if made is None:
            form.add_error("code", WRONG_CODE)
            return self.form_invalid(form)
        device, codes = made
        update_session_auth_hash(self.request, self.user)
        django_otp.login(self.request, device)
        return show_codes(self.request, codes, reverse("admin:security"), self.extra_context)


class ProvenChange(CodePage):
    """A change that takes a code: a session alone, perhaps a stolen one, is not enough for it."""

    template_name = "accounts/confirm.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.user = me(request)
        if not second_factor.has_one(self.user):
            return redirect("admin:security")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: CodeForm) -> HttpResponse:
        if second_factor.accept(self.user, form.cleaned_data["code"]):
            return self.change()
        return self.refuse(form)

    def change(self) -> HttpResponse:
        raise NotImplementedError


class RemovalPage(ProvenChange):
    extra_context = {"title": _("Remove your second factor"), "button": _("Remove")}

    def change(self) -> HttpResponse:
        second_factor.remove(self.user)
        record(Kind.FACTOR_REMOVED, self.user, self.request)
        update_session_auth_hash(self.request, self.user)
        messages.success(self.request, _("Your second factor is removed."))
        return redirect("admin:security")


class RecoveryPage(ProvenChange):
    extra_context = {"title": _("Make new recovery codes"), "button": _("Make new codes")}

    def change(self) -> HttpResponse:
        codes = second_factor.renew_codes(self.user)
        record(Kind.RECOVERY_RENEWED, self.user, self.request)
        return show_codes(self.request, codes, reverse("admin:security"), self.extra_context)


class PolicyPage(FormView):  # type: ignore[type-arg]
    """Whether everybody of this tenant needs a second factor; its owners decide."""

    form_class = PolicyForm
    template_name = "accounts/policy.html"
    extra_context = {"title": _("Whether a second factor is required")}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not may_set_policy(me(request)):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        given = {"instance": SecurityPolicy.current(), "user": me(self.request)}
        return super().get_form_kwargs() | given

    def form_valid(self, form: PolicyForm) -> HttpResponse:
        policy = form.save()
        if policy.second_factor_required:
            end_unproven_sessions()
        messages.success(self.request, _("The policy is saved."))
        return redirect("admin:security")
