"""A role per tenant: what Postgres itself lets tenant code see and do.

The role cannot log in. It may use its own schema and read and write the rows of its tables; it can
neither create, alter, truncate nor drop, and has no right to anything in another schema.
"""

from django.db import connection

#: Postgres cuts longer names off.
NAME_MAXIMUM = 63


def role_name(installation: str, schema_name: str) -> str:
    """Return the role of a tenant's schema; raises ValueError rather than cut a name off."""
    name = f"tb_{installation}_{schema_name}"
    if len(name) > NAME_MAXIMUM:
        raise ValueError(f"role name {name} is longer than {NAME_MAXIMUM} characters")
    return name


def make_role(schema_name: str) -> None:
    """Make the role of a schema and give it its rights. As the schema's owner; safe to repeat."""
    role = quoted(role_name(installation_id(), schema_name))
    with connection.cursor() as cursor:
        cursor.execute(MAKE.format(role=role, schema=quoted(schema_name)))


#: From PostgreSQL 16 on, who creates a role is not yet allowed to become it.
MAKE = """
DO $$ BEGIN
    CREATE ROLE {role} NOLOGIN NOINHERIT;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
GRANT {role} TO CURRENT_USER;
GRANT USAGE ON SCHEMA {schema} TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role};
GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE ON SEQUENCES TO {role};
REVOKE ALL ON {schema}.django_migrations FROM {role};
"""


def make_missing_roles() -> None:
    """Make the roles of tenants that have none, as after a restore into another cluster."""
    with connection.cursor() as cursor:
        cursor.execute(MISSING, [role_name(installation_id(), "")])
        missing = [schema_name for (schema_name,) in cursor.fetchall()]
    for schema_name in missing:
        make_role(schema_name)


MISSING = """
SELECT schema_name FROM public.tenants_tenant
WHERE state IN ('active', 'suspended') AND schema_name <> 'public'
    AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = %s || schema_name)
"""


def installation_id() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM public.tenants_installation")
        return str(cursor.fetchone()[0])


def quoted(name: str) -> str:
    return connection.ops.quote_name(name)
