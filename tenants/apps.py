from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "tenants"

    def ready(self) -> None:
        from tenants import checks, raw_sql  # noqa: F401  # being imported is what registers them
        from tenants.content_types import remember_by_schema

        remember_by_schema()
