from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "tests.attacks.naive.tenants"
    label = "tenants"
