"""A clock that the test sets, in place of Postgres's own where versions of schedules are written."""

from django.db import connection

FUNCTIONS = ["public.agenda_capture", "public.agenda_unplan", "public.agenda_forget_future"]
BENT = "current_setting('agenda.now')::timestamptz"


def bend_clock():
    """Have Postgres read our clock when it writes versions, to the end of the test's transaction."""
    with connection.cursor() as cursor:
        for function in FUNCTIONS:
            cursor.execute("SELECT pg_get_functiondef(%s::regproc)", [function])
            (definition,) = cursor.fetchone()
            assert "clock_timestamp()" in definition
            cursor.execute(definition.replace("clock_timestamp()", BENT))


def set_clock(now):
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('agenda.now', %s, false)", [now.isoformat()])
