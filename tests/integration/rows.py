"""Periodic tasks as plain SQL writes them, past all forms."""

CLOSING = "orders.tasks.auto_close_old_orders"


#: More than any test of ours asks for; what the platform allows by default is a tenth of it or less.
RAISE_LIMITS = """
    INSERT INTO public.agenda_limits
        (tenant_id, least_interval_seconds, schedules_maximum, firings_in_flight_maximum)
    SELECT id, 1, 1000, 50 FROM public.tenants_tenant
    WHERE schema_name = %s AND schema_name <> 'public'
    ON CONFLICT (tenant_id) DO NOTHING
"""


def insert_row(stack, schema, name, crontab="* * * * *", **columns):
    """Write a periodic task by SQL alone, past all forms."""
    fields = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
    ((crontab_id,),) = stack.sql(
        f"INSERT INTO django_celery_beat_crontabschedule ({', '.join(fields)}, timezone)"
        " VALUES (%s, %s, %s, %s, %s, 'UTC') RETURNING id",
        *crontab.split(),
        schema=schema,
    )
    insert_periodic(stack, schema, name, crontab_id=crontab_id, **columns)


def insert_every(stack, schema, name, seconds, **columns):
    """Write a periodic task of every few seconds, for a tenant whose limits are raised for it."""
    stack.sql(RAISE_LIMITS, schema)
    ((interval_id,),) = stack.sql(
        "INSERT INTO django_celery_beat_intervalschedule (every, period)"
        " VALUES (%s, 'seconds') RETURNING id",
        seconds,
        schema=schema,
    )
    insert_periodic(stack, schema, name, interval_id=interval_id, **columns)


def insert_periodic(stack, schema, name, **columns):
    row = {
        "name": name,
        "task": CLOSING,
        "args": "[]",
        "kwargs": "{}",
        "headers": "{}",
        "one_off": False,
        "enabled": True,
        "total_run_count": 0,
        "description": "",
    } | columns
    places = ", ".join(["%s"] * len(row))
    stack.sql(
        f"INSERT INTO django_celery_beat_periodictask (date_changed, {', '.join(row)})"
        f" VALUES (now(), {places})",
        *row.values(),
        schema=schema,
    )
