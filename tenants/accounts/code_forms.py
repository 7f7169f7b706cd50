"""Forms about the second factor."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tenants.accounts.devices import SecurityPolicy
from tenants.accounts.models import User
from tenants.accounts.second_factor import has_one, normal_code

CODE_MAXIMUM = 40


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=CODE_MAXIMUM,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        ),
    )

    def clean_code(self) -> str:
        return normal_code(self.cleaned_data["code"])


class EnrolmentForm(CodeForm):
    """A session alone, perhaps a stolen one, is not enough to give an account a second factor."""

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = SecurityPolicy
        fields = ["second_factor_required"]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_second_factor_required(self) -> bool:
        required: bool = self.cleaned_data["second_factor_required"]
        if required and not has_one(self.user):
            raise forms.ValidationError(_("Set up your own second factor first."))
        return required
