"""Make the plain assembly's tables, its platform's staff and its tenants: `python -m ... SLUG ...`."""

import os
import sys

import django

STAFF = "watch@platform.test"


def build(slugs: list[str], password: str) -> None:
    from django.core.management import call_command

    call_command("migrate_schemas", shared=True, verbosity=0, skip_checks=True)
    make_tenant("public", "localhost", STAFF, password)
    for slug in slugs:
        make_tenant(f"t_{slug}", f"{slug}.localhost", f"owner@{slug}.test", password)


def make_tenant(schema_name: str, host: str, admin: str, password: str) -> None:
    from django.contrib.auth.models import User
    from django_tenants.utils import schema_context

    from tests.attacks.naive.tenants.models import Domain, Tenant

    tenant = Tenant(schema_name=schema_name, slug=host.partition(".")[0])
    tenant.save(verbosity=0)
    Domain.objects.create(tenant=tenant, domain=host, is_primary=True)
    with schema_context(schema_name):
        User.objects.create_superuser(admin, admin, password)


if __name__ == "__main__":
    django.setup()
    build(sys.argv[1:], os.environ["TENANT_OWNER_PASSWORD"])
