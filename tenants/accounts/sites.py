"""The part of an admin site that is about who may in: both of our sites build on it."""

from typing import Any

from django.contrib.admin import AdminSite
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext_lazy as _

from tenants.accounts import second_factor, security
from tenants.accounts.profile import MailPage, ProfilePage
from tenants.accounts.steps import CodeStep, EnrolStep, PasswordStep


class GuardedSite(AdminSite):
    """An admin site with a second step at log-in and pages about sessions and second factors."""

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and is_proven(request)

    # What is counted of a failed log-in stays counted, whatever becomes of the request.
    @transaction.non_atomic_requests
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "GET" and self.has_permission(request):
            return redirect("admin:index")
        context = {
            "title": _("Log in"),
            "subtitle": None,
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
        }
        response: HttpResponse = self.page(PasswordStep)(request, **context)
        return response

    def get_urls(self) -> list[Any]:
        steps = {"login/code/": CodeStep, "login/enrol/": EnrolStep}
        return [
            *(
                path(where, transaction.non_atomic_requests(self.page(step)), name=name_of(where))
                for where, step in steps.items()
            ),
            *(
                path(
                    where,
                    transaction.non_atomic_requests(self.admin_view(self.page(page))),
                    name=name_of(where),
                )
                for where, page in PAGES.items()
            ),
            *super().get_urls(),
        ]

    def page(self, view: type[Any]) -> Any:
        """Return a view that has what the admin's templates need."""

        def shown(request: HttpRequest, **context: Any) -> Any:
            own = getattr(view, "extra_context", None) or {}
            extra = {"extra_context": {**self.each_context(request), **own, **context}}
            return view.as_view(**extra if hasattr(view, "extra_context") else {})(request)

        return shown


PAGES: dict[str, type[Any]] = {
    "profile/": ProfilePage,
    "security/": security.SecurityPage,
    "security/sessions/": security.EndSessions,
    "security/enrol/": security.EnrolPage,
    "security/remove/": security.RemovalPage,
    "security/recovery/": security.RecoveryPage,
    "security/policy/": security.PolicyPage,
    "security/mail/": MailPage,
}


def name_of(where: str) -> str:
    return where.strip("/").replace("/", "_")


def is_proven(request: HttpRequest) -> bool:
    """Whether this session came with all that is asked of its user."""
    user: Any = request.user
    return user.is_verified() or not is_factor_required(request)


def is_factor_required(request: Any) -> bool:
    """Ask once for a request: the page and what stands around it want to know."""
    if not hasattr(request, "is_factor_required"):
        request.is_factor_required = second_factor.is_required()
    return bool(request.is_factor_required)
