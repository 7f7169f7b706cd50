"""Letting people in, on the pages about people: who was invited, once more, and not after all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from tenants.accounts.invitations import invite, password_link
from tenants.accounts.models import User


class InvitedFilter(admin.SimpleListFilter):
    title = _("invitation")
    parameter_name = "invitation"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("not accepted yet")), ("accepted", _("accepted"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "open":
            return queryset.invited()
        if self.value() == "accepted":
            return queryset.exclude(pk__in=queryset.invited())
        return queryset


class InvitePeople(admin.ModelAdmin):  # type: ignore[type-arg]
    """People set their own passwords: whoever is new gets an invitation."""

    actions = ["invite_again", "withdraw"]

    @admin.display(description=_("invitation"))
    def invitation(self, user: User) -> str:
        """How far somebody has come with getting in."""
        if user.has_usable_password():
            return str(_("accepted"))
        if user.invited_at is None:
            return str(_("not accepted yet"))
        text = _("not accepted yet; sent %(at)s")
        if user.invited_at + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT) < timezone.now():
            text = _("not accepted; sent %(at)s, the link is too old: send another")
        at = date_format(timezone.localtime(user.invited_at), "SHORT_DATETIME_FORMAT")
        return str(text % {"at": at})

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if not change:
            self.let_in(request, obj)

    def let_in(self, request: HttpRequest, user: User) -> None:
        """Mail an invitation once the user is stored; without an address, show the link to pass on."""
        tenant = request.tenant  # type: ignore[attr-defined]
        User.objects.filter(pk=user.pk).update(invited_at=timezone.now())
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

    @admin.action(description=_("Withdraw the invitation"), permissions=["delete"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Delete who has not accepted yet, so that the link leads nowhere; nobody else."""
        with transaction.atomic():
            chosen = list(queryset.select_for_update().order_by("pk"))
            waiting = [user for user in chosen if not user.has_usable_password()]
            self.forget(request, waiting)
        for user in chosen:
            if user not in waiting:
                text = _("%s has accepted already: set the account to not active, or delete it.")
                self.message_user(request, text % user, messages.WARNING)

    def forget(self, request: HttpRequest, users: Iterable[User]) -> None:
        for user in users:
            name = str(user)
            self.log_deletions(request, User.objects.filter(pk=user.pk))
            user.delete()
            self.message_user(request, _("The invitation of %s is withdrawn.") % name)
