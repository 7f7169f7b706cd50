"""The platform's pages about tenants and their domains."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from tenants import lifecycle
from tenants.forms import DomainForm, RegistrationForm, SuspensionForm, TenantForm
from tenants.models import Domain, MigrationFailure, Tenant
from tenants.tasks import build_tenant


class MigrationFilter(admin.SimpleListFilter):
    """Tenants that a migration failed for, beside all others."""

    title = _("migration")
    parameter_name = "migration"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("failed", _("failed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(migration_failure__isnull=False) if self.value() else queryset


class TenantAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Orders tenants, which the platform worker makes; suspends and resumes them."""

    form = TenantForm
    list_display = [
        "slug",
        "name",
        "state",
        "state_reason",
        "migration_problem",
        "timezone",
        "created_at",
    ]
    list_filter = ["state", MigrationFilter]
    list_select_related = ["migration_failure"]
    search_fields = ["slug", "name"]
    ordering = ["slug"]
    show_full_result_count = False
    actions = ["suspend", "resume", "retry"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        return Tenant.objects.customers()

    def get_fields(self, request: HttpRequest, obj: Tenant | None = None) -> list[str]:  # type: ignore[override]
        if obj is None:
            return list(RegistrationForm.base_fields)
        return ["slug", *TenantForm.base_fields, *self.get_readonly_fields(request, obj)[1:]]

    def get_readonly_fields(self, request: HttpRequest, obj: Tenant | None = None) -> list[str]:
        if obj is None:
            return []
        fields = ["slug", "schema", "state", "state_reason", "owner_email", "created_at"]
        return [*fields, "migration_problem"]

    def get_form(
        self, request: HttpRequest, obj: Tenant | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm[Tenant]]:
        if obj is None:
            return RegistrationForm
        return super().get_form(request, obj, change, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Tenant | None = None) -> bool:
        return False

    @admin.display(description=_("schema"))
    def schema(self, tenant: Tenant) -> str:
        return str(tenant.schema_name)

    @admin.display(description=_("migration failed"))
    def migration_problem(self, tenant: Tenant) -> str:
        """Return why the schema could not be migrated the last time, if it could not."""
        failure: MigrationFailure | None = getattr(tenant, "migration_failure", None)
        return failure.reason if failure else ""

    def save_model(self, request: HttpRequest, obj: Tenant, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
        else:  # the form has registered it
            transaction.on_commit(lambda: self.ask_for(request, obj))

    def ask_for(self, request: HttpRequest, tenant: Tenant) -> None:
        """Have the platform worker build a registered tenant; `finish_provisioning` sees to the rest."""
        try:
            build_tenant.apply_async((tenant.pk,), retry=False)
        except OperationalError:
            text = _("The broker cannot be reached: “%s” will be made as soon as it is back.")
            self.message_user(request, text % tenant, messages.WARNING)

    @admin.action(description=_("Suspend selected tenants"), permissions=["change"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> HttpResponse | None:
        """Ask for a reason on a page of its own, then suspend."""
        form = SuspensionForm(request.POST if "reason" in request.POST else None)
        if not form.is_valid():
            return self.ask_for_reason(request, queryset, form)
        for tenant in queryset:
            self.move(request, tenant, lifecycle.suspend, form.cleaned_data["reason"])
        return None

    @admin.action(description=_("Resume selected tenants"), permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> None:
        for tenant in queryset:
            self.move(request, tenant, lifecycle.resume)

    @admin.action(
        description=_("Provision selected tenants again that failed"), permissions=["change"]
    )
    def retry(self, request: HttpRequest, queryset: QuerySet[Tenant]) -> None:
        for tenant in queryset:
            self.move(request, tenant, lifecycle.retry)
            transaction.on_commit(partial(self.ask_for, request, tenant))

    def ask_for_reason(
        self, request: HttpRequest, tenants: QuerySet[Tenant], form: SuspensionForm
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Suspend tenants"),
            "opts": self.opts,
            "tenants": tenants,
            "form": form,
            "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/tenants/tenant/suspend.html", context)

    def move(self, request: HttpRequest, tenant: Tenant, verb: Any, *reason: str) -> None:
        """Move one tenant to another state and say how that went."""
        try:
            moved = verb(tenant.slug, *reason)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return
        text = _("“%(tenant)s” is %(state)s.") % {
            "tenant": tenant,
            "state": moved.get_state_display(),
        }
        self.log_change(request, moved, " ".join([str(text), *reason]))
        self.message_user(request, text, messages.SUCCESS)


class DomainAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = DomainForm
    list_display = ["domain", "whose", "primary"]
    list_filter = ["is_primary"]
    list_select_related = ["tenant"]
    search_fields = ["domain", "tenant__slug"]
    ordering = ["domain"]
    autocomplete_fields = ["tenant"]
    show_full_result_count = False

    # django-tenants' own columns are called nothing that is translated.
    @admin.display(description=_("tenant"), ordering="tenant")
    def whose(self, domain: Domain) -> str:
        return str(domain.tenant)

    @admin.display(description=_("primary domain"), ordering="is_primary", boolean=True)
    def primary(self, domain: Domain) -> bool:
        return bool(domain.is_primary)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Domain]:
        return Domain.objects.filter(tenant__in=Tenant.objects.customers())

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> Any:
        return Tenant.objects.customers()

    def get_readonly_fields(self, request: HttpRequest, obj: Domain | None = None) -> list[str]:
        return ["tenant"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Domain | None = None) -> bool:
        """Links in mails lead to the primary domain, so it stays until another one is primary."""
        is_needed = obj is not None and obj.is_primary
        return not is_needed and super().has_delete_permission(request, obj)
