"""The end of a pause until a date stands in a schedule's history as soon as the pause begins.

At the commit of such a pause two versions are written: one that is paused, up to just before the
date, and one that is active from then on. So beat keeps a due slot for the first slot at or after
the date, which fires whether or not any worker, or beat, was there when the pause ended; and the
books are closed by the same history. What is planned so is unmade when the pause is ended or moved
before its date, or its schedule is deleted.

What the row says then is not of the moment: `enabled` is false until a worker writes it. So such a
row is read as it will be: enabled.
"""

from importlib import import_module

from django.db import migrations, models

BEFORE = import_module(f"{__package__}.0024_open_fewer_tables")
FORGET_BEFORE = import_module(f"{__package__}.0014_follow_the_clock").FORGET_FUTURE

UNPLAN = """
-- What is to begin, no date that somebody gives a change makes begun or not: the clock does.
CREATE FUNCTION agenda_unplan(owner bigint, schedules bigint[], at timestamptz) RETURNS timestamptz
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH unmade AS (
        DELETE FROM public.agenda_scheduleversion
        WHERE tenant_id = owner AND to_at IS NULL AND is_planned AND from_at > clock_timestamp()
            AND (schedules IS NULL OR periodic_task_id = ANY(schedules))
        RETURNING periodic_task_id, from_at
    ), cut AS (
        UPDATE public.agenda_scheduleversion version
        SET to_at = greatest(at, version.from_at), is_planned = false
        FROM unmade WHERE version.tenant_id = owner
            AND version.periodic_task_id = unmade.periodic_task_id AND version.to_at = unmade.from_at
        RETURNING version.to_at
    )
    SELECT max(to_at) FROM cut
$$;
REVOKE ALL ON FUNCTION agenda_unplan(bigint, bigint[], timestamptz) FROM PUBLIC;
"""

#: For the tenants' tables: what is known of a pause goes with it, whoever enables the row.
END_PAUSE = """
CREATE FUNCTION agenda_end_pause() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.enabled THEN
        EXECUTE format('DELETE FROM %I.scheduling_pause WHERE periodic_task_id = $1', TG_TABLE_SCHEMA)
            USING OLD.id;
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION agenda_end_pause() FROM PUBLIC;
"""

#: What is new in `agenda_capture`: after which text of before, and what stands there instead.
CHANGES = (
    (
        "    used record;\n",
        """    used record;
    begun timestamptz := clock_timestamp();
    -- As if paused without an end, where nothing is paused, or there is no such table (yet).
    pauses text := 'CROSS JOIN (SELECT NULL::timestamptz AS until_at) q';
""",
    ),
    # A schema that is about to go has no plans.
    (
        """        now := least(clock_timestamp(), latest);
        UPDATE public.agenda_scheduleversion SET to_at = greatest(now, from_at)
            WHERE tenant_id = owner_id AND to_at IS NULL;
""",
        """        now := least(clock_timestamp(), latest);
        PERFORM public.agenda_unplan(owner_id, NULL, now);
        UPDATE public.agenda_scheduleversion SET to_at = greatest(now, from_at)
            WHERE tenant_id = owner_id AND to_at IS NULL;
""",
    ),
    ("        SELECT bool_or(crontab_id", "        SELECT bool_or(NOT enabled) AS paused, bool_or(crontab_id"),
    (
        "    INTO used USING most;\n",
        """    INTO used USING most;
    IF used.paused AND to_regclass(format('%I.scheduling_pause', wanted)) IS NOT NULL THEN
        pauses := 'LEFT JOIN %1$I.scheduling_pause q ON q.periodic_task_id = p.id AND NOT p.enabled';
    END IF;
""",
    ),
    (
        "        SELECT seen.id, seen.content, seen.state, known.id AS known_id, known.from_at,\n",
        """        SELECT seen.id, seen.content, seen.state, seen.ends_at,
            known.id AS known_id, known.from_at, known.is_planned,
""",
    ),
    (
        "            SELECT p.id, CASE WHEN NOT p.enabled THEN ''paused''\n",
        """            -- The last instant of the pause: a slot at its end fires. What counts from its end has none.
            SELECT p.id, q.until_at - CASE WHEN p.interval_id IS NOT NULL AND p.start_time IS NULL
                    THEN interval ''0'' ELSE interval ''1 microsecond'' END AS ends_at,
                CASE WHEN NOT p.enabled AND q.until_at IS NULL THEN ''paused''
""",
    ),
    ("''enabled'', p.enabled, ''task''", "''enabled'', p.enabled OR q.until_at IS NOT NULL, ''task''"),
    ("            ' || policies || '\n        ) AS seen", "            ' || policies || '\n            ' || pauses || '\n        ) AS seen"),
    (
        "        WHERE known.id IS NULL OR known.row <> seen.content OR known.state <> seen.state\n",
        """        WHERE known.id IS NULL OR known.row <> seen.content OR known.state <> seen.state
            -- A pause that is to end at another instant, or not any more, or now does.
            OR CASE WHEN known.is_planned AND known.from_at > $5 THEN known.from_at END
                IS DISTINCT FROM CASE WHEN seen.ends_at > $5 THEN seen.ends_at END
""",
    ),
    ("    USING owner_id, owner_state, least, most LOOP", "    USING owner_id, owner_state, least, most, begun LOOP"),
    (
        """        UPDATE public.agenda_scheduleversion SET to_at = greatest(now, from_at)
            WHERE id = schedule.known_id;
        now := greatest(now, schedule.from_at);
""",
        """        IF schedule.is_planned AND schedule.from_at > begun THEN
            schedule.from_at := coalesce(
                public.agenda_unplan(owner_id, ARRAY[schedule.id::bigint], now), now
            );
            schedule.anchor_at := NULL;
        END IF;
        UPDATE public.agenda_scheduleversion SET to_at = greatest(now, from_at)
            WHERE id = schedule.known_id;
        now := greatest(now, schedule.from_at);
        IF schedule.ends_at > now THEN
            INSERT INTO public.agenda_scheduleversion (
                tenant_id, periodic_task_id, row, state, anchor_at, from_at, to_at, changed_by,
                is_processed, is_planned
            ) VALUES (
                owner_id, schedule.id, schedule.content || '{"enabled": false}', 'paused', now, now,
                schedule.ends_at, actor, false, true
            );
            schedule.is_planned := true;
            schedule.anchor_at := NULL;
            now := schedule.ends_at;
        ELSE
            schedule.is_planned := false;
        END IF;
""",
    ),
    (
        "            tenant_id, periodic_task_id, row, state, anchor_at, from_at, changed_by, is_processed\n        ) VALUES (\n            owner_id, schedule.id, schedule.content, schedule.state,\n            coalesce(schedule.anchor_at, now), now, actor, false\n",
        "            tenant_id, periodic_task_id, row, state, anchor_at, from_at, changed_by, is_processed,\n            is_planned\n        ) VALUES (\n            owner_id, schedule.id, schedule.content, schedule.state,\n            coalesce(schedule.anchor_at, now), now, actor, false, schedule.is_planned\n",
    ),
    (
        """        WHERE tenant_id = owner_id AND periodic_task_id = ANY(deleted);
    now := least(clock_timestamp(), latest);
""",
        """        WHERE tenant_id = owner_id AND periodic_task_id = ANY(deleted);
    now := least(clock_timestamp(), latest);
    IF public.agenda_unplan(owner_id, deleted, now) IS NOT NULL THEN
        changed := changed + 1;
    END IF;
""",
    ),
)

#: And in `agenda_forget_future`: what was planned lies ahead of the clock by right.
FORGET_CHANGES = (
    (
        """        from_at = least(from_at, now),
        to_at = CASE WHEN to_at > now THEN now ELSE to_at END,
""",
        """        from_at = CASE WHEN is_kept AND to_at IS NULL THEN from_at ELSE least(from_at, now) END,
        to_at = CASE WHEN to_at > now AND NOT is_kept THEN now ELSE to_at END,
        -- What is left of a pause is yet to be told.
        is_processed = is_processed AND NOT is_kept,
""",
    ),
    (
        "        anchor_at = CASE WHEN anchor_at <= now THEN anchor_at\n",
        "        anchor_at = CASE WHEN anchor_at <= now OR is_kept AND to_at IS NULL THEN anchor_at\n",
    ),
    (
        """        FROM public.agenda_scheduleversion WHERE from_at > now OR to_at > now
""",
        """            -- A pause whose end is the current version's beginning, and that version.
            , is_planned AND (to_at IS NULL OR to_at > now AND EXISTS (
                SELECT FROM public.agenda_scheduleversion later
                WHERE later.tenant_id = version.tenant_id AND later.to_at IS NULL AND later.is_planned
                    AND later.periodic_task_id = version.periodic_task_id
                    AND later.from_at = version.to_at
            )) AS is_kept
        FROM public.agenda_scheduleversion version WHERE from_at > now OR to_at > now
""",
    ),
    (
        "    RETURN now;\n",
        """    -- Whether those pauses are still wanted, their schemas tell.
    INSERT INTO public.agenda_schedulechange (schema_name, changed_at)
        SELECT DISTINCT schema_name, now FROM public.agenda_scheduleversion version
        JOIN public.tenants_tenant tenant ON tenant.id = version.tenant_id
        WHERE version.is_planned AND version.to_at IS NULL AND version.from_at > now;
    RETURN now;
""",
    ),
)


def changed(text: str, changes: tuple[tuple[str, str], ...]) -> str:
    for old, new in changes:
        text = BEFORE.replaced(text, old, new)
    return text


FORGET = changed(FORGET_BEFORE, FORGET_CHANGES).replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    dependencies = [("agenda", "0025_count_a_crowd")]

    operations = [
        migrations.AddField(
            "scheduleversion",
            "is_planned",
            models.BooleanField(db_default=False, default=False, verbose_name="planned"),
        ),
        migrations.AddField(
            "dueslot",
            "pause_ends_at",
            models.DateTimeField(null=True, verbose_name="pause ends at"),
        ),
        migrations.AddIndex(
            "dueslot",
            models.Index(
                condition=models.Q(("pause_ends_at__isnull", False)),
                fields=["pause_ends_at", "id"],
                name="dueslot_by_end_of_pause",
            ),
        ),
        migrations.RunSQL(END_PAUSE, "DROP FUNCTION agenda_end_pause()"),
        migrations.RunSQL(UNPLAN, "DROP FUNCTION agenda_unplan(bigint, bigint[], timestamptz)"),
        migrations.RunSQL(changed(BEFORE.capture(), CHANGES), BEFORE.capture()),
        migrations.RunSQL(
            FORGET, FORGET_BEFORE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
        ),
    ]
