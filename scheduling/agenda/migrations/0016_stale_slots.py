"""A change of a schedule keeps beat from its due slot at once; a change of many is read by beat.

Before, a beat could take a slot in the milliseconds between a version's instant and its commit, by
a cadence that was over. Now the slot is locked before the instant is read.

A transaction that changes thousands of schemas (all tenants suspended, say) would lock their tables
by the ten thousand, which is more than Postgres has room for. After some of them the rest is left
to beat, which dates what it finds by the mark.
"""

from django.db import migrations, models

CAPTURE = """
DROP FUNCTION agenda_capture(text);

CREATE FUNCTION agenda_capture(wanted text, dated timestamptz DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' AS $$
DECLARE
    owner_id bigint;
    owner_state text;
    policies text := 'LEFT JOIN %1$I.scheduling_policy y ON y.periodic_task_id = p.id';
    policy text := '(to_jsonb(y) - ''periodic_task_id'')';
    actor text := coalesce(nullif(current_setting('agenda.actor', true), ''), session_user);
    now timestamptz;
    latest timestamptz := coalesce(dated, 'infinity');
    schedule record;
    deleted bigint[];
    ended integer;
    changed integer := 0;
BEGIN
    SELECT id, state INTO owner_id, owner_state FROM public.tenants_tenant
        WHERE schema_name = wanted;
    IF owner_id IS NULL THEN
        RETURN 0;
    END IF;
    INSERT INTO public.agenda_tenantindex (tenant_id) VALUES (owner_id) ON CONFLICT DO NOTHING;
    PERFORM FROM public.agenda_tenantindex WHERE tenant_id = owner_id FOR UPDATE;
    IF owner_state NOT IN ('active', 'suspended') THEN
        UPDATE public.agenda_dueslot SET is_stale = true WHERE tenant_id = owner_id;
        now := least(clock_timestamp(), latest);
        UPDATE public.agenda_scheduleversion SET to_at = greatest(now, from_at)
            WHERE tenant_id = owner_id AND to_at IS NULL;
        GET DIAGNOSTICS changed = ROW_COUNT;
        RETURN changed;
    END IF;
    IF wanted = 'public' THEN  -- the platform's own schedules have no policies
        policies := '';
        policy := 'NULL::jsonb';
    END IF;
    FOR schedule IN EXECUTE format('
        SELECT seen.id, seen.content, seen.state, known.id AS known_id, known.from_at,
            CASE WHEN known.state = ''active'' AND seen.state = ''active''
                AND known.row - untimed = seen.content - untimed THEN known.anchor_at END AS anchor_at
        FROM (
            SELECT p.id, CASE WHEN NOT p.enabled THEN ''paused''
                    WHEN $2 = ''suspended'' THEN ''suspended'' ELSE ''active'' END AS state,
                jsonb_build_object(
                    ''id'', p.id, ''name'', p.name, ''enabled'', p.enabled, ''task'', p.task,
                    ''one_off'', p.one_off, ''kwargs'', left(p.kwargs, 10001),
                    ''args'', left(p.args, 100), ''headers'', left(p.headers, 100),
                    ''queue'', p.queue, ''exchange'', p.exchange, ''routing_key'', p.routing_key,
                    ''priority'', p.priority, ''start_text'', p.start_time::text,
                    ''expires_text'', p.expires::text, ''crontab_id'', p.crontab_id,
                    ''interval_id'', p.interval_id, ''clocked_id'', p.clocked_id,
                    ''solar_id'', p.solar_id, ''crontab__minute'', c.minute,
                    ''crontab__hour'', c.hour, ''crontab__day_of_month'', c.day_of_month,
                    ''crontab__month_of_year'', c.month_of_year,
                    ''crontab__day_of_week'', c.day_of_week, ''zone'', c.timezone,
                    ''interval__every'', i.every, ''interval__period'', i.period,
                    ''clocked_text'', k.clocked_time::text, ''solar__event'', s.event,
                    ''solar__latitude'', s.latitude, ''solar__longitude'', s.longitude,
                    ''policies'', coalesce(jsonb_strip_nulls(' || policy || '), ''{}'')
                ) AS content
            FROM %1$I.django_celery_beat_periodictask p
            LEFT JOIN %1$I.django_celery_beat_crontabschedule c ON c.id = p.crontab_id
            LEFT JOIN %1$I.django_celery_beat_intervalschedule i ON i.id = p.interval_id
            LEFT JOIN %1$I.django_celery_beat_clockedschedule k ON k.id = p.clocked_id
            LEFT JOIN %1$I.django_celery_beat_solarschedule s ON s.id = p.solar_id
            ' || policies || '
        ) AS seen
        LEFT JOIN public.agenda_scheduleversion known ON known.tenant_id = $1
            AND known.periodic_task_id = seen.id AND known.to_at IS NULL
        CROSS JOIN (VALUES (ARRAY[''name'', ''enabled'', ''kwargs'', ''args'', ''headers'', ''queue'',
            ''exchange'', ''routing_key'', ''priority'', ''policies''])) AS names (untimed)
        WHERE known.id IS NULL OR known.row <> seen.content OR known.state <> seen.state
        ORDER BY seen.id', wanted)
    USING owner_id, owner_state LOOP
        -- From here on no beat takes it; one that is at it is waited for. So the clock is read after.
        UPDATE public.agenda_dueslot SET is_stale = true
            WHERE tenant_id = owner_id AND periodic_task_id = schedule.id;
        now := least(clock_timestamp(), latest);
        UPDATE public.agenda_scheduleversion SET to_at = greatest(now, from_at)
            WHERE id = schedule.known_id;
        now := greatest(now, schedule.from_at);
        INSERT INTO public.agenda_scheduleversion (
            tenant_id, periodic_task_id, row, state, anchor_at, from_at, changed_by, is_processed
        ) VALUES (
            owner_id, schedule.id, schedule.content, schedule.state,
            coalesce(schedule.anchor_at, now), now, actor, false
        );
        changed := changed + 1;
    END LOOP;
    EXECUTE format('
        SELECT coalesce(array_agg(periodic_task_id), ''{}'') FROM public.agenda_scheduleversion
        WHERE tenant_id = $1 AND to_at IS NULL
            AND periodic_task_id NOT IN (SELECT id FROM %I.django_celery_beat_periodictask)', wanted)
    INTO deleted USING owner_id;
    UPDATE public.agenda_dueslot SET is_stale = true
        WHERE tenant_id = owner_id AND periodic_task_id = ANY(deleted);
    now := least(clock_timestamp(), latest);
    UPDATE public.agenda_scheduleversion SET to_at = greatest(now, from_at)
        WHERE tenant_id = owner_id AND to_at IS NULL AND periodic_task_id = ANY(deleted);
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN changed + ended;
END $$;
REVOKE ALL ON FUNCTION agenda_capture(text, timestamptz) FROM PUBLIC;

CREATE OR REPLACE FUNCTION agenda_date_mark() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    captured integer := coalesce(nullif(current_setting('agenda.captured', true), ''), '0');
BEGIN
    UPDATE public.agenda_schedulechange SET changed_at = clock_timestamp() WHERE id = NEW.id;
    NOTIFY agenda;
    IF captured >= 50 THEN
        RETURN NULL;
    END IF;
    PERFORM set_config('agenda.captured', (captured + 1)::text, true);
    BEGIN
        PERFORM public.agenda_capture(NEW.schema_name);
    EXCEPTION WHEN OTHERS THEN
        NULL;  -- a broken schema must not keep anybody from committing; beat finds out and says so
    END;
    RETURN NULL;
END $$;

UPDATE agenda_dueslot SET is_stale = true WHERE version_id IN (
    SELECT id FROM agenda_scheduleversion WHERE to_at IS NOT NULL
);
"""


class Migration(migrations.Migration):
    dependencies = [("agenda", "0015_alarms")]
    operations = [
        migrations.AddField(
            model_name="dueslot",
            name="is_stale",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunSQL(CAPTURE),
    ]
