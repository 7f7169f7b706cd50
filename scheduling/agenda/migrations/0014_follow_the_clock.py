"""What beat needs when the database's clock was set back: how far it had come, and the history's end.

The books are closed by the versions, so beat may not write them. It may call a function that knows
one thing: nothing in them lies ahead of the clock, which the function reads itself.
"""

from django.db import migrations, models

FORGET_FUTURE = """
CREATE FUNCTION agenda_forget_future() RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    now timestamptz;
BEGIN
    -- As whoever writes versions does, so that nobody puts one behind an instant that we move.
    PERFORM FROM public.agenda_tenantindex WHERE tenant_id IN (
        SELECT tenant_id FROM public.agenda_scheduleversion
        WHERE from_at > clock_timestamp() OR to_at > clock_timestamp()
    ) ORDER BY tenant_id FOR UPDATE;
    now := clock_timestamp();
    UPDATE public.agenda_scheduleversion SET
        from_at = least(from_at, now),
        to_at = CASE WHEN to_at > now THEN now ELSE to_at END,
        -- By whole intervals, so that the slots to come have the instants, and the ids, of those
        -- that fired already. What is no interval, or one of more than a century, counts from now.
        anchor_at = CASE WHEN anchor_at <= now THEN anchor_at
            WHEN seconds BETWEEN 0.000001 AND 3e9 THEN anchor_at - interval '1 second'
                * (ceil(extract(epoch FROM anchor_at - now) / seconds) * seconds)::float
            ELSE now END
    FROM (
        SELECT id AS version_id, (row ->> 'interval__every')::numeric
            * CASE row ->> 'interval__period' WHEN 'days' THEN 86400 WHEN 'hours' THEN 3600
                WHEN 'minutes' THEN 60 WHEN 'seconds' THEN 1 ELSE 0.000001 END AS seconds
        FROM public.agenda_scheduleversion WHERE from_at > now OR to_at > now
    ) AS ahead
    WHERE id = version_id;
    RETURN now;
END $$;
REVOKE ALL ON FUNCTION agenda_forget_future() FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("agenda", "0013_partition_the_ledger")]
    operations = [
        migrations.CreateModel(
            name="NewestInstant",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="newestinstant_is_one"
                    )
                ]
            },
        ),
        migrations.AddIndex(
            model_name="firing",
            index=models.Index(
                condition=models.Q(("last_slot_at__isnull", False)),
                fields=["last_slot_at"],
                name="firing_stretches",
            ),
        ),
        migrations.RunSQL(FORGET_FUTURE, "DROP FUNCTION agenda_forget_future()"),
    ]
