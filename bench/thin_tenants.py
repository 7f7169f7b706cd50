"""Many tenants as Postgres sees them: a schema, a role and its membership, with no tables.

`python -m bench.thin_tenants PREFIX COUNT PER_SECOND` makes them one by one, as provisioning does.
"""

import sys
import time

from bench import environment  # noqa: F401  # isort: skip  # before anything asks for settings
from django.db import connection, transaction

from tenants.postgresql.roles import installation_id, role_name, tenants_group

BATCH = 200


def make_thin_tenants(prefix: str, count: int) -> None:
    """Make `count` of them, in a few large transactions."""
    names = [f"t_{prefix}_{number}" for number in range(count)]
    for start in range(0, count, BATCH):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("".join(map(statements, names[start : start + BATCH])))


def statements(schema_name: str) -> str:
    role = role_name(installation_id(), schema_name)
    return (
        f"CREATE SCHEMA {schema_name}; CREATE ROLE {role} NOLOGIN NOINHERIT;"
        f"GRANT USAGE ON SCHEMA {schema_name} TO {role}; GRANT {role} TO {tenants_group()};"
    )


def make_one_by_one(prefix: str, count: int, per_second: float) -> None:
    """Make `count` of them, each in a transaction of its own, at a steady pace."""
    for number in range(count):
        with connection.cursor() as cursor:
            cursor.execute(statements(f"t_{prefix}_{number}"))
        time.sleep(1 / per_second)


if __name__ == "__main__":
    make_one_by_one(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
