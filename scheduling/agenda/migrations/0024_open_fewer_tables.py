"""Capturing the schedules of a schema opens the tables of those kinds that it has, nearly always crontabs alone.

Opening a table that the session has not met, with its indexes, takes Postgres half a millisecond: at
ten thousand schemas that adds up.
"""

from importlib import import_module

from django.db import migrations

BEFORE = import_module(f"{__package__}.0018_limits_and_spread").CAPTURE

#: By kind: its table's name in the statement, and the columns that are read, with their types.
KINDS = {
    "crontab": (
        "c",
        {
            "id": "int",
            "minute": "text",
            "hour": "text",
            "day_of_month": "text",
            "month_of_year": "text",
            "day_of_week": "text",
            "timezone": "text",
        },
    ),
    "interval": ("i", {"id": "int", "every": "int", "period": "text"}),
    "clocked": ("k", {"id": "int", "clocked_time": "timestamptz"}),
    "solar": ("s", {"id": "int", "event": "text", "latitude": "numeric", "longitude": "numeric"}),
}


def stored(kind: str, alias: str) -> str:
    """Return how the table of a kind is joined in the statement of before."""
    return f"LEFT JOIN %1$I.django_celery_beat_{kind}schedule {alias} ON {alias}.id = p.{kind}_id"


def absent(alias: str, columns: dict[str, str]) -> str:
    """Return what stands for a table that no row points to: its columns, empty."""
    empty = ", ".join(f"NULL::{type_} AS {name}" for name, type_ in columns.items())
    return f"CROSS JOIN (SELECT {empty}) {alias}"


def replaced(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, old  # noqa: S101
    return text.replace(old, new)


def capture() -> str:
    text = BEFORE
    for kind, (alias, _) in KINDS.items():
        text = replaced(text, stored(kind, alias), f"' || {kind}s || '")
    wanted = "".join(
        f"    {kind}s text := '{stored(kind, alias)}';\n" for kind, (alias, _) in KINDS.items()
    )
    text = replaced(text, "    actor text :=", f"{wanted}    used record;\n    actor text :=")
    looks = ", ".join(f"bool_or({kind}_id IS NOT NULL) AS {kind}" for kind in KINDS)
    skips = "".join(
        f"    IF used.{kind} IS NOT TRUE THEN\n        {kind}s := '{absent(*names)}';\n    END IF;\n"
        for kind, names in KINDS.items()
    )
    look = f"""    EXECUTE format('
        SELECT {looks}
        FROM (SELECT * FROM %1$I.django_celery_beat_periodictask ORDER BY id LIMIT $1) p', wanted)
    INTO used USING most;
{skips}"""
    return replaced(
        text, "    FOR schedule IN EXECUTE format('", f"{look}    FOR schedule IN EXECUTE format('"
    )


class Migration(migrations.Migration):
    dependencies = [("agenda", "0023_take_a_tenants_slots_together")]

    operations = [migrations.RunSQL(capture(), BEFORE)]
