from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = _("Tenants")

    def ready(self) -> None:
        from tenants import checks, raw_sql  # noqa: F401  # being imported is what registers them
        from tenants.content_types import remember_by_schema

        remember_by_schema()
