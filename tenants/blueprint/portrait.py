"""All that Postgres knows of one schema, line by line, so that two of them can be compared.

Unlike what `reading` reads, this is no list of what we thought of: rows of the catalogue are taken
whole, but for the numbers that differ from object to object, and every object that belongs to the
schema or to one of its tables is named, of whatever kind.
"""

from __future__ import annotations

from tenants.blueprint import catalogue
from tenants.blueprint.reading import APPLIED, with_placeholder
from tenants.postgresql.logins import execute


def portrait_of(schema_name: str) -> list[str]:
    """Return the lines about a schema, sorted, with PLACEHOLDER in place of its name.

    Asks in the current transaction, whose search path it sets.
    """
    execute("SET LOCAL search_path = pg_catalog, pg_temp")
    lines = [
        f"{kind}: {line}"
        for kind, question in QUESTIONS.items()
        for line in answers(question, schema_name)
    ]
    for _oid, table in execute(catalogue.TABLES, schema_name):
        lines += [f"row of {table}: {row}" for row in rows_of(table)]
    return sorted(with_placeholder(line, schema_name) for line in lines)


def answers(question: str, schema_name: str) -> list[str]:
    return [str(row[0]) for row in execute(question, schema_name)]


def rows_of(table: str) -> list[str]:
    """Return the rows with their place in the order on disk, without what tells when they were made."""
    unlike = f" - '{APPLIED[1]}'" if table.endswith(f".{APPLIED[0]}") else ""
    question = f"""
        SELECT format('%s %s', row_number() OVER (ORDER BY t.ctid), to_jsonb(t){unlike})
        FROM {table} AS t
    """  # noqa: S608  # the catalogue's own name
    return [row[0] for row in execute(question)]


#: Objects of the schema itself, and those that belong to its tables.
OBJECTS = """
WITH members AS (
    SELECT classid, objid FROM pg_depend
    WHERE refclassid = 'pg_namespace'::regclass AND refobjid = %s::regnamespace
), parts AS (
    SELECT part.classid, part.objid FROM pg_depend AS part
    JOIN members ON part.refclassid = members.classid AND part.refobjid = members.objid
    UNION SELECT classid, objid FROM members
), named AS (
    SELECT * FROM parts, pg_identify_object(parts.classid, parts.objid, 0)
    WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE oid = objid AND tgisinternal)
        AND NOT EXISTS (SELECT FROM pg_class WHERE oid = objid AND relkind = 't')
)
"""
QUESTIONS = {
    "object": f"{OBJECTS} SELECT type || ' ' || identity FROM named",  # noqa: S608
    "comment": f"""{OBJECTS}
        SELECT format('%%s %%s %%s: %%s', type, identity, objsubid, description)
        FROM named JOIN pg_description ON objoid = objid AND classoid = classid
    """,  # noqa: S608
    "schema": """
        SELECT format('%%s %%s', nspowner::regrole, nspacl)
        FROM pg_namespace WHERE nspname = %s
    """,
    "default rights": """
        SELECT format('%%s %%s %%s', defaclrole::regrole, defaclobjtype, defaclacl)
        FROM pg_default_acl WHERE defaclnamespace = %s::regnamespace
    """,
    # What hints that there may be indexes or triggers is left out: it outlives them.
    "relation": """
        SELECT format('%%s %%s %%s', relowner::regrole, amname, to_jsonb(pg_class) - ARRAY[
            'oid', 'relnamespace', 'reltype', 'reloftype', 'relowner', 'relam', 'relfilenode',
            'reltablespace', 'relpages', 'reltuples', 'relallvisible', 'relallfrozen',
            'reltoastrelid', 'relfrozenxid', 'relminmxid', 'relnatts', 'relrewrite',
            'relhasindex', 'relhasrules', 'relhastriggers', 'relhassubclass'])
        FROM pg_class LEFT JOIN pg_am ON pg_am.oid = relam
        WHERE relnamespace = %s::regnamespace
    """,
    # By place among the columns there are: one that was dropped leaves a gap in the numbers.
    "column": """
        SELECT format('%%s %%s %%s %%s %%s', attrelid::regclass,
            row_number() OVER (PARTITION BY attrelid ORDER BY attnum),
            format_type(atttypid, atttypmod), attcollation::regcollation,
            to_jsonb(pg_attribute) - ARRAY['attrelid', 'attnum', 'atttypid', 'attcollation',
                'attcacheoff', 'atthasmissing', 'attmissingval'])
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = %s::regnamespace AND attnum > 0 AND NOT attisdropped
    """,
    "default": """
        SELECT format('%%s %%s', attname, pg_get_expr(adbin, adrelid))
        FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
        JOIN pg_class ON pg_class.oid = adrelid WHERE relnamespace = %s::regnamespace
    """,
    "constraint": """
        SELECT format('%%s %%s %%s %%s', conrelid::regclass, contypid::regtype,
            pg_get_constraintdef(oid), to_jsonb(pg_constraint) - ARRAY[
                'oid', 'connamespace', 'conrelid', 'contypid', 'conindid', 'conparentid',
                'confrelid', 'conkey', 'confkey', 'conpfeqop', 'conppeqop', 'conffeqop',
                'confdelsetcols', 'conexclop', 'conbin'])
        FROM pg_constraint WHERE connamespace = %s::regnamespace
    """,
    "index": """
        SELECT format('%%s %%s', pg_get_indexdef(indexrelid), to_jsonb(pg_index) - ARRAY[
            'indexrelid', 'indrelid', 'indkey', 'indcollation', 'indclass', 'indoption',
            'indexprs', 'indpred', 'indcheckxmin'])
        FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        WHERE relnamespace = %s::regnamespace
    """,
    "trigger": """
        SELECT format('%%s %%s', pg_get_triggerdef(pg_trigger.oid), to_jsonb(pg_trigger) - ARRAY[
            'oid', 'tgrelid', 'tgparentid', 'tgfoid', 'tgconstrrelid', 'tgconstrindid',
            'tgconstraint', 'tgattr', 'tgqual'])
        FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE relnamespace = %s::regnamespace AND NOT tgisinternal
    """,
    "sequence": """
        SELECT format('%%s %%s %%s', seqrelid::regclass, pg_sequence_last_value(seqrelid),
            to_jsonb(pg_sequence) - 'seqrelid')
        FROM pg_sequence JOIN pg_class ON pg_class.oid = seqrelid
        WHERE relnamespace = %s::regnamespace
    """,
}
