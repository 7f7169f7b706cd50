"""Attacks by code that runs as a tenant's page or task does: injected SQL, and slips of a developer."""

from __future__ import annotations

import re

from tests.attacks.frame import attack
from tests.attacks.site import ATTACKER, VICTIM, Site

PRELUDE = f"""
from concurrent.futures import ThreadPoolExecutor
from django.core.cache import cache
from django.db import connection, transaction
from django_tenants.utils import get_tenant_model, schema_context, tenant_context

Tenant = get_tenant_model()
attacker, victim = (Tenant.objects.get(slug=slug) for slug in {(ATTACKER, VICTIM)!r})

def run(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)

# Two threads of a server, each with a connection of its own; what they do happens in turn.
one, other = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
"""
#: How Postgres and we refuse; any other error is a mistake in the attack.
REFUSAL = (
    r"permission denied|does not exist|violates check constraint|must be owner|TypeError|FAILED"
)


def succeeds(site: Site, code: str) -> bool:
    said = site.python(f"{PRELUDE}{code}\nprint('SUCCEEDED')")
    assert "SUCCEEDED" in said or re.search(REFUSAL, said), said
    return "SUCCEEDED" in said


@attack
def sql_names_another_tenants_schema(site: Site) -> bool:
    return succeeds(
        site,
        """
with tenant_context(attacker):
    run(f'SELECT * FROM "{victim.schema_name}".orders_order')
""",
    )


@attack
def a_table_that_is_missing_is_read_in_the_platforms_schema(site: Site) -> bool:
    return succeeds(
        site,
        """
with tenant_context(attacker):
    run("SELECT * FROM tenants_tenant")
""",
    )


@attack
def a_schema_that_nobody_has_is_taken_for_the_platforms(site: Site) -> bool:
    return succeeds(
        site,
        """
with schema_context("t_nobody"):
    run("SELECT * FROM tenants_tenant")
""",
    )


@attack
def sql_drops_the_victims_table(site: Site) -> bool:
    return succeeds(
        site,
        """
with tenant_context(attacker), transaction.atomic():
    run(f'DROP TABLE "{victim.schema_name}".orders_order')
    transaction.set_rollback(True)
""",
    )


@attack
def leaving_the_public_schema_out_is_forgotten_by_the_next_context(site: Site) -> bool:
    return succeeds(
        site,
        """
connection.set_tenant(attacker, include_public=False)
with schema_context(victim.schema_name):
    pass
run("SELECT * FROM tenants_tenant")
""",
    )


@attack
def a_schema_may_be_called_anything(site: Site) -> bool:
    return succeeds(
        site,
        """
with transaction.atomic():
    Tenant.objects.filter(pk=attacker.pk).update(schema_name="../$user:public")
    transaction.set_rollback(True)
""",
    )


@attack
def the_cache_of_one_tenant_is_read_by_the_other(site: Site) -> bool:
    return succeeds(
        site,
        """
with tenant_context(victim):
    cache.set("summary", "secret")
with tenant_context(attacker):
    assert cache.get("summary") == "secret", "FAILED"
""",
    )


@attack
def two_threads_leave_their_tenants_in_the_wrong_order(site: Site) -> bool:
    return succeeds(
        site,
        """
one.submit(lambda: connection.set_tenant(victim)).result()
other.submit(lambda: connection.set_tenant(attacker)).result()
for step in ("__enter__", "__exit__"):
    for thread in (one, other):
        thread.submit(getattr(attacker, step), *[None] * 3 * (step == "__exit__")).result()
assert other.submit(lambda: connection.schema_name).result() == victim.schema_name, "FAILED"
""",
    )
