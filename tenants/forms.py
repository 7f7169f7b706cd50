"""The platform's forms about tenants and their domains."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tenants.models import Domain, Tenant
from tenants.names import normal_host, validate_slug
from tenants.provisioning import Order, register
from tenants.zone_field import TimeZoneField

REASON_MAXIMUM = 500


class RegistrationForm(forms.ModelForm):  # type: ignore[type-arg]
    """Orders a tenant. Being valid means being registered: the database decides what is taken."""

    timezone = TimeZoneField(initial="UTC")
    domain = forms.CharField(
        label=_("own domain"),
        required=False,
        help_text=_("A host of the tenant's own, as in orders.acme.com. Empty: only its slug's."),
    )

    class Meta:
        model = Tenant
        fields = ["slug", "name", "timezone", "currency", "owner_email", "domain"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The owner's password is shown to nobody, so an invitation is the only way in.
        self.fields["owner_email"].required = True

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        validate_slug(slug)
        return slug

    def _post_clean(self) -> None:
        if self.errors:
            return
        try:
            self.instance = register(Order(**self.cleaned_data))
        except ValidationError as error:
            for field, messages in error.message_dict.items():
                self.add_error(self.place_of(field), messages)

    def place_of(self, field: str) -> str | None:
        """Return the field of this form that an error of provisioning is about."""
        if field == "domain" and not self.cleaned_data["domain"]:
            return "slug"  # the domain that follows from the slug
        return field if field in self.fields else None


class TenantForm(forms.ModelForm):  # type: ignore[type-arg]
    """What of a tenant can be changed once it stands."""

    timezone = TimeZoneField(
        help_text=_("For new schedules and what people see; schedules keep the zone they have.")
    )

    class Meta:
        model = Tenant
        fields = ["name", "timezone", "currency"]


class DomainForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Domain
        fields = ["domain", "tenant", "is_primary"]
        labels = {"tenant": _("tenant"), "is_primary": _("primary domain")}

    def clean_domain(self) -> str:
        return normal_host(self.cleaned_data["domain"])


class SuspensionForm(forms.Form):
    reason = forms.CharField(label=_("reason"), max_length=REASON_MAXIMUM)
