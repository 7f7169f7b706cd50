"""How many schedules are due at each minute of an hour: a round number, and of nobody in particular."""

from django.db import migrations

COUNT = """
CREATE FUNCTION agenda_crowd(hour timestamptz) RETURNS TABLE (minute integer, schedules integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    -- Rounded down, and none below ten, so that nobody learns when another comes or goes. A minute is
    -- counted up to a thousand: a page that shows it must not read the whole of midnight.
    SELECT number, CASE WHEN found < 100 THEN found / 10 * 10 ELSE found / 100 * 100 END
    FROM generate_series(0, 59) AS number
    CROSS JOIN LATERAL (
        SELECT count(*)::integer AS found FROM (
            SELECT FROM public.agenda_dueslot
            WHERE due_at >= hour + number * interval '1 minute'
                AND due_at < hour + (number + 1) * interval '1 minute'
                AND held_until IS NULL
            LIMIT 1000
        ) AS due
    ) AS counted
$$;
REVOKE ALL ON FUNCTION agenda_crowd(timestamptz) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("agenda", "0024_open_fewer_tables")]
    operations = [
        migrations.RunSQL(COUNT, "DROP FUNCTION agenda_crowd(timestamptz)"),
    ]
