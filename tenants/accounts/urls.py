"""Where somebody who forgot the password is helped, beside an admin site."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth import views
from django.http import HttpResponse
from django.urls import URLPattern, path, reverse

from tenants.accounts.events import LoginEvent, record
from tenants.accounts.forms import ResetForm
from tenants.accounts.invitations import token_generator
from tenants.accounts.throttling import unlock


class CompleteView(views.PasswordResetCompleteView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"login_url": reverse("admin:login")}


class ConfirmView(views.PasswordResetConfirmView):
    """Whoever can read the account's mail is no stranger: its lock-out ends with the new password."""

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        user: Any = self.user
        unlock(user)
        record(LoginEvent.Kind.PASSWORD_RESET, user, self.request)
        return answer


def password_urls(site: AdminSite) -> list[URLPattern]:
    """Return Django's own pages for a new password, by the names its admin templates know."""
    context = {"site_header": site.site_header, "site_title": site.site_title}
    request = views.PasswordResetView.as_view(
        form_class=ResetForm, token_generator=token_generator, extra_context=context
    )
    confirm = ConfirmView.as_view(token_generator=token_generator, extra_context=context)
    done = views.PasswordResetDoneView.as_view(extra_context=context)
    complete = CompleteView.as_view(extra_context=context)
    return [
        path("password_reset/", request, name="admin_password_reset"),
        path("password_reset/done/", done, name="password_reset_done"),
        path("reset/<uidb64>/<token>/", confirm, name="password_reset_confirm"),
        path("reset/done/", complete, name="password_reset_complete"),
    ]
