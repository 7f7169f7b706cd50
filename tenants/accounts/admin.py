"""Pages about people: a tenant's users on its own site, the staff on the platform's."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from tenants.accounts.admin_invitations import InvitedFilter, InvitePeople
from tenants.accounts.events import record
from tenants.accounts.forms import StaffForm, TenantUserForm, leaves_nobody_in_charge
from tenants.accounts.models import LoginEvent, User
from tenants.accounts.rescue import reset_second_factor
from tenants.accounts.session_list import end_sessions_of
from tenants.read_only import ReadOnlyAdmin


class PeopleAdmin(InvitePeople):
    """Who may log in, and in which role. What people choose for themselves is on their profile."""

    list_display = ["get_username", "full_name", "role", "invitation", "is_active", "last_login"]
    list_filter: ClassVar[list[Any]] = ["is_active", InvitedFilter]
    search_fields = ["email", "login_name", "full_name"]
    ordering = ["email", "login_name"]
    readonly_fields = ["invitation", "last_login", "date_joined"]
    actions = [*InvitePeople.actions, "sign_out", "reset_factor"]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Filter by what the page offers alone.

        Django allows any column and the key of what points here, so that somebody in charge could
        guess passwords' hashes and the keys of others' sessions, letter by letter.
        """
        offered = {getattr(one, "parameter_name", one) for one in self.list_filter}
        return lookup.partition("__")[0] in offered

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
    list_filter: ClassVar[list[Any]] = ["role", "is_active", InvitedFilter]


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
