"""Pages about people: a tenant's users on its own site, the staff on the platform's."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from tenants.accounts.events import record
from tenants.accounts.forms import StaffForm, TenantUserForm, leaves_nobody_in_charge
from tenants.accounts.invitations import invite, password_link
from tenants.accounts.models import LoginEvent, User
from tenants.accounts.rescue import reset_second_factor
from tenants.accounts.session_list import end_sessions_of
from tenants.read_only import ReadOnlyAdmin


class PeopleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """People set their own passwords: whoever is new gets an invitation."""

    list_display = ["get_username", "full_name", "role", "language", "timezone", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["email", "login_name", "full_name"]
    ordering = ["email", "login_name"]
    readonly_fields = ["last_login", "date_joined"]
    actions = ["invite_again", "sign_out", "reset_factor"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Filter by what the page offers alone.

        Django allows any column and the key of what points here, so that somebody in charge could
        guess passwords' hashes and the keys of others' sessions, letter by letter.
        """
        return lookup.partition("__")[0] in self.list_filter

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if not change:
            self.let_in(request, obj)

    def let_in(self, request: HttpRequest, user: User) -> None:
        """Mail an invitation once the user is stored; without an address, show the link to pass on."""
        tenant = request.tenant  # type: ignore[attr-defined]
        if user.email:
            transaction.on_commit(lambda: invite(user, tenant), robust=True)
            text = str(_("%s gets an invitation by mail.") % user)
        else:
            text = _(
                "%(user)s has no e-mail address. Pass on this link, which works once: %(link)s"
            ) % {
                "user": user,
                "link": password_link(user, tenant),
            }
        self.message_user(request, text)

    @admin.action(description=_("Send an invitation again"), permissions=["change"])
    def invite_again(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            if user.is_active:
                self.let_in(request, user)
            else:
                text = _("%s is not active and gets no invitation.") % user
                self.message_user(request, text, messages.WARNING)

    @admin.action(description=_("Sign out everywhere"), permissions=["change"])
    def sign_out(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            end_sessions_of(user)
            record(LoginEvent.Kind.SESSIONS_ENDED, user, request)
            self.message_user(request, _("%s is signed out everywhere.") % user)

    @admin.action(description=_("Reset the second factor"), permissions=["change"])
    def reset_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            if user.pk == request.user.pk:
                # A session alone, perhaps a stolen one, is not enough: that page asks for a code.
                text = _("Your own second factor is removed under “Log-in and security”.")
                self.message_user(request, text, messages.WARNING)
            else:
                reset_second_factor(user, request)
                self.message_user(request, _("%s has no second factor any more.") % user)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Protect the last ones in charge, whether deleted one by one or together."""
        found, counts, lacking, protected = super().get_deleted_objects(objs, request)
        if leaves_nobody_in_charge(user.pk for user in objs):
            protected.append(str(_("Nobody else is left to let people in: this one must stay.")))
        return found, counts, lacking, protected


class TenantUserAdmin(PeopleAdmin):
    form = TenantUserForm
    list_filter = ["role", "is_active"]


class StaffAdmin(PeopleAdmin):
    form = StaffForm

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        obj.role, obj.is_staff, obj.is_superuser = User.Role.PLATFORM, True, True
        super().save_model(request, obj, form, change)


class LoginEventAdmin(ReadOnlyAdmin):
    """The log of log-ins: everybody's own, and for those in charge everybody's."""

    list_display = ["at", "who", "kind", "address", "user_agent"]
    list_filter = ["kind"]
    search_fields = ["login"]
    date_hierarchy = "at"
    ordering = ["-at", "-pk"]
    list_display_links = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[LoginEvent]:
        user: Any = request.user
        events = LoginEvent.objects.all()
        return events if user.is_in_charge else events.of(user)

    @admin.display(description=_("user"), ordering="login")
    def who(self, event: LoginEvent) -> str:
        return event.login or str(_("(no such account)"))
