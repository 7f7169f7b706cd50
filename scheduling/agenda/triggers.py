"""The triggers on django_celery_beat's tables: SQL for the migrations of both kinds of schema.

Statement triggers, so that a bulk `.update()` of thousands of rows leaves one mark. They name the
columns that beat reads: what a worker writes back (last_run_at, total_run_count) tells nobody.
"""

from itertools import starmap

SCHEDULE_TABLES = {
    "django_celery_beat_periodictask": (
        "name, task, interval_id, crontab_id, solar_id, clocked_id, args, kwargs, queue, exchange, "
        "routing_key, headers, priority, expires, one_off, start_time, enabled"
    ),
    "django_celery_beat_crontabschedule": (
        "minute, hour, day_of_week, day_of_month, month_of_year, timezone"
    ),
    "django_celery_beat_intervalschedule": "every, period",
    "django_celery_beat_clockedschedule": "clocked_time",
    "django_celery_beat_solarschedule": "event, latitude, longitude",
}
POLICY_TABLE = "scheduling_policy"
PAUSE_TABLE = "scheduling_pause"
#: Those that the table began with; a migration that adds one names it to the trigger again.
POLICY_COLUMNS = (
    "periodic_task_id, catch_up, catch_up_window, overlap, retries, gap, repeat, alarm_after"
)


def create_triggers() -> str:
    """Return the SQL that puts the triggers on the current schema's tables."""
    return "\n".join(starmap(mark_changes, SCHEDULE_TABLES.items()))


def create_policy_triggers() -> str:
    """Return the SQL for the table of policies, which tenants' schemas alone have."""
    return mark_changes(POLICY_TABLE, POLICY_COLUMNS)


def name_policy_columns(*added: str) -> str:
    """Return the SQL after which changes of added columns of policies are told as well."""
    return f"DROP TRIGGER agenda_mark_schema ON {POLICY_TABLE};\n" + mark_updates(
        POLICY_TABLE, ", ".join((POLICY_COLUMNS, *added))
    )


def create_pause_triggers() -> str:
    """Return the SQL by which beat hears of pauses, and which ends them with their schedules."""
    return f"""{mark_changes(PAUSE_TABLE, "periodic_task_id, until_at")}
CREATE TRIGGER agenda_end_pause AFTER DELETE OR UPDATE OF enabled
    ON django_celery_beat_periodictask FOR EACH ROW EXECUTE FUNCTION public.agenda_end_pause();
"""


def mark_changes(table: str, columns: str) -> str:
    return (
        f"{mark_updates(table, columns)}\n"
        f"CREATE TRIGGER agenda_mark_truncate AFTER TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION public.agenda_mark_schema();"
    )


def mark_updates(table: str, columns: str) -> str:
    return (
        f"CREATE TRIGGER agenda_mark_schema AFTER INSERT OR DELETE OR UPDATE OF {columns} ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION public.agenda_mark_schema();"
    )


def drop_triggers() -> str:
    return "\n".join(
        f"DROP TRIGGER agenda_mark_schema ON {table}; DROP TRIGGER agenda_mark_truncate ON {table};"
        for table in SCHEDULE_TABLES
    )
