"""Which tenants are behind this code, for the platform's staff."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tenants.migrating.models import MigrationFailure
from tenants.migrating.standing import Standing, standings
from tenants.models import Tenant


def overview() -> dict[str, Any]:
    """Return the command's answer: how many tenants there are, who is behind, and since when.

    Asks the schemas themselves; a failure that is kept tells why one is behind.
    """
    tenants = list(Tenant.objects.customers().built().order_by("slug"))
    found = standings([tenant.schema_name for tenant in tenants])
    failures = MigrationFailure.objects.in_bulk()
    behind = [
        described(tenant, found[tenant.schema_name], failures.get(tenant.pk))
        for tenant in tenants
        if found[tenant.schema_name].is_behind
    ]
    unknown = Counter(name for standing in found.values() for name in standing.unknown)
    return {
        "tenants": len(tenants),
        "up_to_date": len(tenants) - len(behind),
        "behind": behind,
        "unknown": [{"migration": name, "tenants": n} for name, n in sorted(unknown.items())],
    }


def described(
    tenant: Tenant, standing: Standing, failure: MigrationFailure | None
) -> dict[str, Any]:
    return {
        "slug": tenant.slug,
        "schema_name": tenant.schema_name,
        "lacks": list(standing.lacks),
        "reason": failure.reason if failure else "",
        "failed_at": failure.failed_at if failure else None,
        "attempts": failure.attempts if failure else 0,
    }
