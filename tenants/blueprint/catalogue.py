"""Questions to Postgres' catalogue whose answers are SQL: the parts of one schema."""

from django.db import connection

#: From this version on "not null" is a constraint with a name.
NAMED_NOT_NULL = 180000

TABLES = """
SELECT pg_class.oid, pg_class.oid::regclass::text FROM pg_class
WHERE relnamespace = %s::regnamespace AND relkind = 'r' ORDER BY pg_class.oid
"""

#: One column of a table as CREATE TABLE has it.
COLUMN = """
SELECT format('%%I %%s', attname, format_type(atttypid, atttypmod))
    || CASE WHEN attcollation <> typcollation
        THEN format(' COLLATE %%s', attcollation::regcollation) ELSE '' END
    || {not_null}
    || CASE attidentity WHEN '' THEN '' ELSE format(
        ' GENERATED %%s AS IDENTITY (SEQUENCE NAME %%s START WITH %%s INCREMENT BY %%s MINVALUE %%s '
        'MAXVALUE %%s CACHE %%s %%s)',
        CASE attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, seqrelid::regclass,
        seqstart, seqincrement, seqmin, seqmax, seqcache,
        CASE WHEN seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END
    ) END
    || CASE WHEN adbin IS NULL THEN '' WHEN attgenerated = '' THEN
        ' DEFAULT ' || pg_get_expr(adbin, adrelid)
        ELSE format(' GENERATED ALWAYS AS (%%s) STORED', pg_get_expr(adbin, adrelid)) END
FROM pg_attribute
JOIN pg_type ON pg_type.oid = atttypid
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
LEFT JOIN pg_depend ON refclassid = 'pg_class'::regclass AND refobjid = attrelid
    AND refobjsubid = attnum AND classid = 'pg_class'::regclass AND deptype = 'i'
LEFT JOIN pg_sequence ON seqrelid = objid
WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
NOT_NULL_BY_NAME = """coalesce((
    SELECT format(' CONSTRAINT %%I NOT NULL', conname) FROM pg_constraint
    WHERE conrelid = attrelid AND contype = 'n' AND conkey = ARRAY[attnum]
), '')"""
NOT_NULL = "CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END"

#: Quoted and plain names of the columns that an INSERT may name.
WRITABLE_COLUMNS = """
SELECT attname, quote_ident(attname) FROM pg_attribute
WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
"""

CONSTRAINTS = """
SELECT quote_ident(conname), pg_get_constraintdef(oid), confrelid FROM pg_constraint
WHERE conrelid = %s AND contype NOT IN ('n', 't') ORDER BY oid
"""

#: How far sequences have counted, of those that have.
SEQUENCE_STATES = """
WITH own AS MATERIALIZED (
    SELECT seqrelid FROM pg_sequence JOIN pg_class ON pg_class.oid = seqrelid
    WHERE relnamespace = %s::regnamespace
)
SELECT format('SELECT setval(%%L, %%s)', seqrelid::regclass, pg_sequence_last_value(seqrelid))
FROM own WHERE pg_sequence_last_value(seqrelid) IS NOT NULL ORDER BY seqrelid
"""

#: Indexes that belong to no constraint.
INDEXES = """
SELECT pg_get_indexdef(indexrelid) FROM pg_index
JOIN pg_class ON pg_class.oid = indexrelid
WHERE relnamespace = %s::regnamespace
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype <> 'f')
    AND EXISTS (SELECT FROM pg_class AS owner WHERE owner.oid = indrelid AND owner.relkind = 'r')
ORDER BY indexrelid
"""

TRIGGERS = """
SELECT pg_get_triggerdef(pg_trigger.oid) FROM pg_trigger
JOIN pg_class ON pg_class.oid = tgrelid
WHERE relnamespace = %s::regnamespace AND NOT tgisinternal ORDER BY pg_trigger.oid
"""

#: On tables and columns, as a model's `db_table_comment` and a field's `db_comment`.
COMMENTS = """
SELECT CASE objsubid WHEN 0 THEN format('COMMENT ON TABLE %%s IS %%L', objoid::regclass, description)
    ELSE format('COMMENT ON COLUMN %%s.%%I IS %%L', objoid::regclass, attname, description) END
FROM pg_description
JOIN pg_class ON pg_class.oid = objoid
LEFT JOIN pg_attribute ON attrelid = objoid AND attnum = objsubid AND objsubid > 0
WHERE classoid = 'pg_class'::regclass AND relnamespace = %s::regnamespace AND relkind = 'r'
ORDER BY objoid, objsubid
"""


def columns() -> str:
    """Return the question for a table's columns, as this server understands it."""
    version = connection.pg_version  # type: ignore[attr-defined]
    return COLUMN.format(not_null=NOT_NULL_BY_NAME if version >= NAMED_NOT_NULL else NOT_NULL)
