"""A role per tenant: what Postgres itself lets tenant code see and do.

The role cannot log in. It may use its own schema and read and write the rows of its tables; it can
neither create, alter, truncate nor drop, and has no right to anything in another schema.
"""

from collections.abc import Sequence

import structlog
from django.conf import settings
from django.db import DatabaseError, connection, transaction

logger = structlog.get_logger(__name__)

#: Postgres cuts longer names off.
NAME_MAXIMUM = 63


def role_name(installation: str, schema_name: str) -> str:
    """Return the role of a tenant's schema; raises ValueError rather than cut a name off."""
    name = f"tb_{installation}_{schema_name}"
    if len(name) > NAME_MAXIMUM:
        raise ValueError(f"role name {name} is longer than {NAME_MAXIMUM} characters")
    return name


def tenants_group(installation: str = "") -> str:
    """The role that may become every tenant's: web and worker logins are members of it."""
    return f"tb_{installation or installation_id()}_tenants"


def beat_group(installation: str = "") -> str:
    """The role that may read every tenant's schedules, and nothing else of theirs."""
    return f"tb_{installation or installation_id()}_schedules"


def make_groups() -> None:
    """Make the two groups. Safe to repeat."""
    with connection.cursor() as cursor:
        for group in (tenants_group(), beat_group()):
            cursor.execute(CREATE.format(role=quoted(group)))
        # The owner enters tenants' roles too: in commands and in the platform worker.
        cursor.execute(f"GRANT {quoted(tenants_group())} TO CURRENT_USER")


def make_role(schema_name: str) -> None:
    """Make the role of a schema and give it its rights. As the schema's owner; safe to repeat.

    Nobody can enter it before `admit`.
    """
    installation = installation_id()
    names = {
        "role": quoted(role_name(installation, schema_name)),
        "schema": quoted(schema_name),
        "beat": quoted(beat_group(installation)),
        "schedules": ", ".join(qualified(schema_name, settings.TABLES_READ_BY_BEAT)),
        **relations_of(schema_name),
    }
    withheld = withholding(schema_name, names["role"])
    with connection.cursor() as cursor:
        cursor.execute((CREATE + MAKE).format(**names) + withheld)


def relations_of(schema_name: str) -> dict[str, str]:
    """Return the names of a schema's tables and of its sequences, each as a list for a statement.

    For `GRANT ON ALL TABLES IN SCHEMA` Postgres reads all of `pg_class`, several times: the more
    tenants there are, the longer one would take. What depends on a schema it finds by an index.
    """
    with connection.cursor() as cursor:
        cursor.execute(RELATIONS, [schema_name])
        tables, sequences = cursor.fetchone()
    return {"tables": tables, "sequences": sequences}


def admit(schema_names: Sequence[str]) -> None:
    """Let web, worker and owner enter the roles of these schemas. Safe to repeat.

    In one statement, and one membership for each tenant: after a commit that grants any, every
    session reads all of them anew.
    """
    if not schema_names:
        return
    installation = installation_id()
    roles = ", ".join(quoted(role_name(installation, name)) for name in schema_names)
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT {roles} TO {quoted(tenants_group(installation))}")


def withhold(schema_name: str, role: str) -> None:
    """Let a role only read and add rows where a table is for keeping."""
    with connection.cursor() as cursor:
        cursor.execute(withholding(schema_name, role))


def withholding(schema_name: str, role: str) -> str:
    kept = ", ".join(qualified(schema_name, settings.APPEND_ONLY_TABLES))
    return f"REVOKE UPDATE, DELETE, TRUNCATE ON {kept} FROM {role}"


def qualified(schema_name: str, tables: Sequence[str]) -> list[str]:
    return [f"{quoted(schema_name)}.{quoted(table)}" for table in tables]


CREATE = """
DO $$ BEGIN
    CREATE ROLE {role} NOLOGIN NOINHERIT;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
"""
RELATIONS = """
SELECT string_agg(format('%%I.%%I', nspname, relname), ', ') FILTER (WHERE relkind <> 'S'),
    string_agg(format('%%I.%%I', nspname, relname), ', ') FILTER (WHERE relkind = 'S')
FROM pg_namespace AS schema
JOIN pg_depend ON refclassid = 'pg_namespace'::regclass AND refobjid = schema.oid
    AND classid = 'pg_class'::regclass
JOIN pg_class AS relation ON relation.oid = objid
WHERE nspname = %s AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
"""
MAKE = """
GRANT USAGE ON SCHEMA {schema} TO {role}, {beat};
GRANT SELECT ON {schedules} TO {beat};
GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO {role};
GRANT USAGE ON SEQUENCE {sequences} TO {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE ON SEQUENCES TO {role};
REVOKE ALL ON {schema}.django_migrations FROM {role};
"""


def make_missing_roles() -> None:
    """Make the roles of tenants that have none, as after a restore into another cluster.

    A schema that lacks something that a role is given rights to keeps no other from its role.
    """
    with connection.cursor() as cursor:
        cursor.execute(MISSING, [role_name(installation_id(), ""), tenants_group()])
        missing = [schema_name for (schema_name,) in cursor.fetchall()]
    made = []
    for schema_name in missing:
        try:
            with transaction.atomic():
                make_role(schema_name)
        except DatabaseError as error:
            logger.warning("no role could be made", schema=schema_name, reason=str(error).strip())
        else:
            made.append(schema_name)
    admit(made)


MISSING = """
SELECT schema_name FROM public.tenants_tenant
WHERE state IN ('active', 'suspended') AND schema_name <> 'public' AND NOT EXISTS (
    SELECT FROM pg_auth_members
        JOIN pg_roles role ON role.oid = roleid JOIN pg_roles member ON member.oid = member
    WHERE role.rolname = %s || schema_name AND member.rolname = %s
)
"""


def withhold_everywhere() -> None:
    """Take from roles that exist what a migration gave them of a table for keeping."""
    prefix = role_name(installation_id(), "")
    with connection.cursor() as cursor:
        cursor.execute(GENEROUS, [prefix, settings.APPEND_ONLY_TABLES])
        generous = [schema_name for (schema_name,) in cursor.fetchall()]
    for schema_name in generous:
        withhold(schema_name, quoted(prefix + schema_name))


GENEROUS = """
SELECT DISTINCT nspname FROM pg_class
JOIN pg_namespace ON pg_namespace.oid = relnamespace
JOIN public.tenants_tenant ON schema_name = nspname
JOIN pg_roles ON rolname = %s || nspname
WHERE relname = ANY(%s) AND relkind = 'r'
    AND has_table_privilege(pg_roles.oid, pg_class.oid, 'UPDATE, DELETE, TRUNCATE')
"""


def installation_id() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM public.tenants_installation")
        return str(cursor.fetchone()[0])


def quoted(name: str) -> str:
    return connection.ops.quote_name(name)
