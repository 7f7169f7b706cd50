"""Postgres writes a version of a schedule at the commit that changes it.

One mark per transaction and schema is enough, and its deferred trigger is the moment: what it reads
then is what the transaction leaves behind. Two commits of one tenant follow each other by the lock
on its row in `agenda_tenantindex`, so that the later one sees what the earlier one did.
"""

from django.db import migrations

CAPTURE = """
ALTER TABLE agenda_schedulechange ADD transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX schedulechange_by_schema ON agenda_schedulechange (schema_name, transaction_id);

CREATE FUNCTION agenda_capture(wanted text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' AS $$
DECLARE
    owner_id bigint;
    owner_state text;
    policies text := 'LEFT JOIN %1$I.scheduling_policy y ON y.periodic_task_id = p.id';
    policy text := '(to_jsonb(y) - ''periodic_task_id'')';
    actor text := coalesce(nullif(current_setting('agenda.actor', true), ''), session_user);
    now timestamptz;
    schedule record;
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
    now := clock_timestamp();
    IF owner_state NOT IN ('active', 'suspended') THEN
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
        UPDATE public.agenda_scheduleversion SET to_at = greatest($2, from_at)
        WHERE tenant_id = $1 AND to_at IS NULL
            AND periodic_task_id NOT IN (SELECT id FROM %I.django_celery_beat_periodictask)', wanted)
    USING owner_id, now;
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN changed + ended;
END $$;
REVOKE ALL ON FUNCTION agenda_capture(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION agenda_mark_schema() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.agenda_schedulechange (schema_name, changed_at)
        SELECT TG_TABLE_SCHEMA, clock_timestamp() WHERE NOT EXISTS (
            SELECT FROM public.agenda_schedulechange
            WHERE schema_name = TG_TABLE_SCHEMA AND transaction_id = pg_current_xact_id()
        );
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION agenda_date_mark() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE public.agenda_schedulechange SET changed_at = clock_timestamp() WHERE id = NEW.id;
    BEGIN
        PERFORM public.agenda_capture(NEW.schema_name);
    EXCEPTION WHEN OTHERS THEN
        NULL;  -- a broken schema must not keep anybody from committing; beat finds out and says so
    END;
    NOTIFY agenda;
    RETURN NULL;
END $$;

UPDATE agenda_firing SET queue = 'platform'
    WHERE tenant_id IN (SELECT id FROM tenants_tenant WHERE schema_name = 'public');
UPDATE agenda_firing SET leased_until = started_at + interval '45 minutes' WHERE state = 'started';
UPDATE agenda_firing SET publications = 1 WHERE published_at IS NOT NULL;
INSERT INTO agenda_schedulechange (schema_name, changed_at)
    SELECT schema_name, clock_timestamp() FROM tenants_tenant;
"""
FORGET = """
CREATE OR REPLACE FUNCTION agenda_mark_schema() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.agenda_schedulechange (schema_name, changed_at)
        VALUES (TG_TABLE_SCHEMA, clock_timestamp());
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION agenda_date_mark() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE public.agenda_schedulechange SET changed_at = clock_timestamp() WHERE id = NEW.id;
    NOTIFY agenda;
    RETURN NULL;
END $$;
DROP FUNCTION agenda_capture(text);
ALTER TABLE agenda_schedulechange DROP transaction_id;
"""
#: A tenant's SQL may write a firing by hand and nothing else: so also in the columns that are new.
BIND = """
DROP POLICY "own firing by hand" ON agenda_firing;
CREATE POLICY "own firing by hand" ON agenda_firing FOR INSERT WITH CHECK (
    tenant_id = (SELECT public.tenants_id_of_role(current_user))
    AND state = 'planned' AND trigger = 'manual' AND outcome = '' AND error = ''
    AND published_at IS NULL AND started_at IS NULL AND settled_at IS NULL
    AND planned_at BETWEEN clock_timestamp() - interval '1 minute' AND clock_timestamp()
    AND slot_at = planned_at
    -- A random id: those of slots, which anybody can compute, are of version 5.
    AND substr(id::text, 15, 1) = '4'
    AND verdict = '' AND last_slot_at IS NULL AND slots = 1 AND queue = 'celery' AND NOT waits
    AND publish_at BETWEEN planned_at AND clock_timestamp() AND publications = 0 AND attempts = 0
    AND leased_until IS NULL AND stop_requested_at IS NULL
);
"""
LOOSEN = """
DROP POLICY "own firing by hand" ON agenda_firing;
CREATE POLICY "own firing by hand" ON agenda_firing FOR INSERT WITH CHECK (
    tenant_id = (SELECT public.tenants_id_of_role(current_user))
    AND state = 'planned' AND trigger = 'manual' AND outcome = '' AND error = ''
    AND published_at IS NULL AND started_at IS NULL AND settled_at IS NULL
    AND planned_at BETWEEN clock_timestamp() - interval '1 minute' AND clock_timestamp()
    AND slot_at = planned_at AND substr(id::text, 15, 1) = '4'
);
"""


class Migration(migrations.Migration):
    dependencies = [("agenda", "0010_life_of_a_firing")]
    operations = [migrations.RunSQL(CAPTURE, FORGET), migrations.RunSQL(BIND, LOOSEN)]
