"""The ledger becomes a partition for each day of slots, so that a day is forgotten by a DROP TABLE.

What stands on the table (indexes, constraints, triggers, policies, rights) is read from Postgres's
own catalogue and put on the new one, whatever the migrations before this one made of it, and under
the names that Django knows. Postgres wants the partitioning column in every unique constraint, so
the primary key becomes (id, slot_at); an id that is computed from its slot is unique as before.
"""

from django.db import migrations

from scheduling.agenda.clock import database_now
from scheduling.agenda.partitions import DEFAULT, LEDGER, SCHEMA, make_partitions

#: Each returns statements that put on a table what the ledger has on it now.
WHAT_STANDS_ON_IT = (
    f"""
    SELECT replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') FROM pg_index
    WHERE indrelid = '{LEDGER}'::regclass
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND conrelid = indrelid)
    """,
    f"""
    SELECT format('ALTER TABLE {LEDGER} ADD CONSTRAINT %I %s', conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE conrelid = '{LEDGER}'::regclass AND contype IN ('u', 'f', 'c')
    """,
    f"""
    SELECT pg_get_triggerdef(oid) FROM pg_trigger
    WHERE tgrelid = '{LEDGER}'::regclass AND NOT tgisinternal
    """,
    f"""
    SELECT 'ALTER TABLE {LEDGER} ENABLE ROW LEVEL SECURITY'
    FROM pg_class WHERE oid = '{LEDGER}'::regclass AND relrowsecurity
    """,
    f"""
    SELECT format('CREATE POLICY %I ON {LEDGER} AS %s FOR %s TO %s', policyname, permissive, cmd, (
            SELECT string_agg(CASE role WHEN 'public' THEN 'PUBLIC' ELSE quote_ident(role) END, ', ')
            FROM unnest(roles) AS role
        )) || coalesce(' USING (' || qual || ')', '')
        || coalesce(' WITH CHECK (' || with_check || ')', '')
    FROM pg_policies WHERE schemaname = 'public' AND tablename = 'agenda_firing'
    """,
    f"""
    SELECT format('GRANT %s ON {LEDGER} TO %s', privilege_type,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END)
    FROM pg_class, aclexplode(relacl) WHERE oid = '{LEDGER}'::regclass AND grantee <> relowner
    """,
    f"""
    SELECT format('GRANT %s (%I) ON {LEDGER} TO %s', privilege_type, attname,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END)
    FROM pg_attribute, aclexplode(attacl)
    WHERE attrelid = '{LEDGER}'::regclass AND NOT attisdropped
    """,
)


def partition(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        statements = what_stands_on(cursor)
        set_aside(cursor)
        cursor.execute(
            f"CREATE TABLE {LEDGER} (LIKE public.agenda_firing_before INCLUDING DEFAULTS) "
            "PARTITION BY RANGE (slot_at)"
        )
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
        cursor.execute(f"REVOKE ALL ON SCHEMA {SCHEMA} FROM PUBLIC")
        cursor.execute(f"CREATE TABLE {DEFAULT} PARTITION OF {LEDGER} DEFAULT")
        make_partitions(database_now())
        take_over(cursor, "id, slot_at", statements)


def put_together(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        statements = what_stands_on(cursor)
        set_aside(cursor)
        cursor.execute(
            f"CREATE TABLE {LEDGER} (LIKE public.agenda_firing_before INCLUDING DEFAULTS)"
        )
        take_over(cursor, "id", statements)
        cursor.execute(f"DROP SCHEMA {SCHEMA}")


def what_stands_on(cursor):
    cursor.execute(f"LOCK TABLE {LEDGER} IN ACCESS EXCLUSIVE MODE")
    statements = []
    for query in WHAT_STANDS_ON_IT:
        cursor.execute(query)
        statements += [statement for (statement,) in cursor.fetchall()]
    return statements


def set_aside(cursor):
    cursor.execute(f"ALTER TABLE {LEDGER} RENAME TO agenda_firing_before")


def take_over(cursor, key, statements):
    """Move the rows, and have what stood on the old table stand on the new one."""
    cursor.execute(f"INSERT INTO {LEDGER} SELECT * FROM public.agenda_firing_before")
    # First, since its indexes have the names.
    cursor.execute("DROP TABLE public.agenda_firing_before")
    cursor.execute(f"ALTER TABLE {LEDGER} ADD CONSTRAINT agenda_firing_pkey PRIMARY KEY ({key})")
    for statement in statements:
        cursor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("agenda", "0012_rescue_without_a_task")]
    operations = [migrations.RunPython(partition, put_together)]
