"""Ways to break a tenant's schema from outside, as an operator's slip or a bad restore does."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: What is put back under its own name, with the numbers that follow.
DROP = """
    LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;
    CREATE TABLE backup (LIKE {table} INCLUDING ALL);
    INSERT INTO backup OVERRIDING SYSTEM VALUE SELECT * FROM {table};
    DROP TABLE {table} CASCADE;
"""
RESTORE = """
    ALTER TABLE backup RENAME TO {table};
    SELECT setval(pg_get_serial_sequence('{table}', 'id'), coalesce(max(id), 0) + 1) FROM {table};
"""


class Breakage:
    """How a schema is broken and mended by its owner, and a word of what staff are told meanwhile."""

    def __init__(self, breaking: str, mending: str, told: str) -> None:
        self.breaking, self.mending, self.told = breaking, mending, told


def dropped(table: str) -> Breakage:
    names = {"table": table}
    told = f'relation "{table}" does not exist'
    return Breakage(DROP.format(**names), RESTORE.format(**names), told)


#: By the slug of the tenant that it happens to. Rights and roles are mended by `make_role`.
BREAKAGES: Mapping[str, Breakage] = MappingProxyType(
    {
        "no-orders": dropped("orders_order"),
        "no-runs": dropped("scheduling_run"),
        "no-schedules": dropped("django_celery_beat_periodictask"),
        "no-schema": Breakage(
            'ALTER SCHEMA "{schema}" RENAME TO gone',
            'ALTER SCHEMA gone RENAME TO "{schema}"',
            "gone",
        ),
        "no-rights": Breakage(
            'REVOKE ALL ON ALL TABLES IN SCHEMA "{schema}" FROM "{role}"', "", "permission denied"
        ),
        "no-usage": Breakage(
            'REVOKE USAGE ON SCHEMA "{schema}" FROM "{role}"', "", "its role may not use it"
        ),
        "no-role": Breakage('DROP OWNED BY "{role}"; DROP ROLE "{role}"', "", "does not exist"),
    }
)
