"""What people say of themselves: name, language, time zone, and which mails they want."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, RedirectView

from tenants.accounts.models import User
from tenants.schema import in_public_schema
from tenants.zone_field import TimeZoneField

#: Each a column of the user, and a kind of mail that owners get unless they choose otherwise.
MAILS = ["mail_missed_runs", "mail_held_runs", "mail_weekly_summary"]


def may_choose_mails(user: User) -> bool:
    """Whether this user is one of those who get mails about runs: a tenant's owners."""
    return user.role == User.Role.OWNER and not in_public_schema()


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """Whatever else is posted, no other column of a user can be written by it."""

    timezone = TimeZoneField(required=False)

    class Meta:
        model = User
        fields = ["full_name", "language", "timezone", *MAILS]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["full_name"].widget.attrs["autocomplete"] = "name"
        self.fields["language"].help_text = _("Of these pages, and of mails to you.")
        if in_public_schema():
            self.fields["timezone"].help_text = _("Times are shown on the clocks of this place.")
        else:
            self.fields["timezone"].help_text = _(
                "Times are shown on the clocks of this place, those of a schedule on its own. "
                "Empty: the time zone of your organisation."
            )
        if not may_choose_mails(self.instance):
            for name in MAILS:
                del self.fields[name]

    def save(self, commit: bool = True) -> User:
        """Store these columns alone: somebody may be changing the role at this moment."""
        if commit:
            self.instance.save(update_fields=list(self.fields))
        return self.instance

    @property
    def about_you(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in MAILS]

    @property
    def mails(self) -> list[forms.BoundField]:
        return [field for field in self if field.name in MAILS]


class ProfilePage(FormView):  # type: ignore[type-arg]
    form_class = ProfileForm
    template_name = "accounts/profile.html"
    extra_context = {"title": _("Your profile")}

    def get_form_kwargs(self) -> dict[str, Any]:
        # A row of its own: what was refused must not be shown as the user's name above the form.
        return super().get_form_kwargs() | {"instance": User.objects.get(pk=self.request.user.pk)}

    def form_valid(self, form: ProfileForm) -> HttpResponse:
        user = form.save()
        with translation.override(user.language):
            messages.success(self.request, str(_("Your profile is saved.")))
        return redirect("admin:profile")


class MailPage(RedirectView):
    """Where mails that are older than the profile lead to."""

    pattern_name = "admin:profile"
