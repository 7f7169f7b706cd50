"""Limits per tenant, and slots that are due some time after their instant.

Postgres keeps to the limits where rows are written: it takes no more schedules and no more firings by
hand than there may be, and at the commit of a change it writes no version of a schedule beyond the
most, and says in the version where a schedule may be too frequent. So what a limit took away named
no slots, and the books close by the same history as ever.
"""

from importlib import import_module

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

IN_FORCE = """
CREATE FUNCTION agenda_limits_in_force(wanted bigint) RETURNS TABLE (
    least_interval_seconds integer, schedules_maximum integer, firings_in_flight_maximum integer
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(own.least_interval_seconds, usual.least_interval_seconds, 60),
        coalesce(own.schedules_maximum, usual.schedules_maximum, 20),
        coalesce(own.firings_in_flight_maximum, usual.firings_in_flight_maximum, 10)
    FROM (SELECT) AS always
    LEFT JOIN public.agenda_limits own ON own.tenant_id = wanted
    -- The platform's own row holds the defaults of all others.
    LEFT JOIN public.agenda_limits usual ON usual.tenant_id = (
        SELECT id FROM public.tenants_tenant WHERE schema_name = 'public'
    )
$$;
REVOKE ALL ON FUNCTION agenda_limits_in_force(bigint) FROM PUBLIC;

ALTER TABLE agenda_limits ENABLE ROW LEVEL SECURITY;
CREATE POLICY "own rows" ON agenda_limits FOR SELECT
    USING (tenant_id = (SELECT public.tenants_id_of_role(current_user)));
GRANT SELECT ON agenda_limits TO PUBLIC;

-- Who was a tenant before there were limits keeps what it had, until staff decide otherwise.
INSERT INTO agenda_limits
    (tenant_id, least_interval_seconds, schedules_maximum, firings_in_flight_maximum)
    SELECT id, 1, 1000, 50 FROM tenants_tenant WHERE schema_name <> 'public';

CREATE FUNCTION agenda_mark_limits() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    changed bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.tenant_id ELSE NEW.tenant_id END;
BEGIN
    INSERT INTO public.agenda_schedulechange (schema_name, changed_at)
        SELECT schema_name, clock_timestamp() FROM public.tenants_tenant
        WHERE id = changed AND schema_name <> 'public'
            OR schema_name <> 'public' AND state IN ('active', 'suspended') AND EXISTS (
                SELECT FROM public.tenants_tenant WHERE id = changed AND schema_name = 'public'
            );
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION agenda_mark_limits() FROM PUBLIC;
CREATE TRIGGER agenda_mark_limits AFTER INSERT OR UPDATE OR DELETE ON agenda_limits
    FOR EACH ROW EXECUTE FUNCTION agenda_mark_limits();

"""
NOT_IN_FORCE = """
DROP TRIGGER agenda_mark_limits ON agenda_limits;
DROP FUNCTION agenda_mark_limits();
REVOKE SELECT ON agenda_limits FROM PUBLIC;
DROP POLICY "own rows" ON agenda_limits;
ALTER TABLE agenda_limits DISABLE ROW LEVEL SECURITY;
DROP FUNCTION agenda_limits_in_force(bigint);
"""
REFUSE = """
CREATE OR REPLACE FUNCTION agenda_limit_schedules() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    number bigint;
    most bigint;
BEGIN
    SELECT schedules_maximum INTO most FROM public.agenda_limits_in_force(
        (SELECT id FROM public.tenants_tenant WHERE schema_name = TG_TABLE_SCHEMA)
    );
    EXECUTE format(
        'SELECT count(*) FROM (SELECT 1 FROM %I.%I LIMIT $1 + 1) AS counted',
        TG_TABLE_SCHEMA, TG_TABLE_NAME
    ) INTO number USING most;
    IF number > most THEN
        RAISE check_violation
            USING MESSAGE = format('a tenant may have %s schedules and no more', most);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION agenda_refuse_flood() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    most bigint;
BEGIN
    SELECT firings_in_flight_maximum INTO most FROM public.agenda_limits_in_force(NEW.tenant_id);
    IF most <= (SELECT count(*) FROM public.agenda_firing
            WHERE tenant_id = NEW.tenant_id AND state IN ('planned', 'published', 'started')) THEN
        RAISE insufficient_privilege USING MESSAGE = 'permission denied: too many firings in flight';
    END IF;
    RETURN NEW;
END $$;
"""
CAPTURE = """
CREATE OR REPLACE FUNCTION agenda_capture(wanted text, dated timestamptz DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET datestyle = 'ISO, YMD' AS $$
DECLARE
    owner_id bigint;
    owner_state text;
    least integer;
    most integer;
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
    SELECT least_interval_seconds, schedules_maximum INTO least, most
        FROM public.agenda_limits_in_force(owner_id);
    IF wanted = 'public' THEN  -- the platform's own schedules have neither policies nor limits
        least := 1;
        most := NULL;
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
                ) || CASE
                    WHEN $3 > i.every::numeric * CASE i.period WHEN ''days'' THEN 86400
                        WHEN ''hours'' THEN 3600 WHEN ''minutes'' THEN 60 WHEN ''seconds'' THEN 1
                        WHEN ''microseconds'' THEN 0.000001 END
                    OR $3 > 60 AND i.id IS NULL
                    -- Only where it may matter, so that most rows stay as they are when it changes.
                    THEN jsonb_build_object(''least_interval_seconds'', $3) ELSE ''{}'' END AS content
            FROM (SELECT * FROM %1$I.django_celery_beat_periodictask ORDER BY id LIMIT $4) p
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
    USING owner_id, owner_state, least, most LOOP
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
            AND periodic_task_id NOT IN (
                SELECT id FROM %I.django_celery_beat_periodictask ORDER BY id LIMIT $2
            )', wanted)
    INTO deleted USING owner_id, most;
    UPDATE public.agenda_dueslot SET is_stale = true
        WHERE tenant_id = owner_id AND periodic_task_id = ANY(deleted);
    now := least(clock_timestamp(), latest);
    UPDATE public.agenda_scheduleversion SET to_at = greatest(now, from_at)
        WHERE tenant_id = owner_id AND to_at IS NULL AND periodic_task_id = ANY(deleted);
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN changed + ended;
END $$;
"""


def before(migration: str, statements: str, function: str) -> str:
    """Return the statement by which an earlier migration made a function, to make it so again."""
    sql = getattr(import_module(f"{__package__}.{migration}"), statements)
    begin = sql.index(f"CREATE FUNCTION {function}")
    end = sql.index("END $$;", begin) + len("END $$;")
    return sql[begin:end].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


LIMITED_BEFORE = "\n".join(
    (
        before("0009_limit_schedules", "LIMIT", "agenda_limit_schedules"),
        before("0007_bind_firings_by_hand", "BIND", "agenda_refuse_flood"),
    )
)
CAPTURED_BEFORE = before("0016_stale_slots", "CAPTURE", "agenda_capture")


def between(least, most):
    return [
        django.core.validators.MinValueValidator(least),
        django.core.validators.MaxValueValidator(most),
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("agenda", "0016_stale_slots"),
        ("tenants", "0004_count_suspensions"),
    ]
    operations = [
        migrations.CreateModel(
            name="Limits",
            fields=[
                ("tenant", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="limits", serialize=False, to="tenants.tenant")),
                ("least_interval_seconds", models.PositiveIntegerField(blank=True, null=True, validators=between(1, 86400), verbose_name="least seconds between two slots of a schedule")),
                ("schedules_maximum", models.PositiveIntegerField(blank=True, null=True, validators=between(1, 100000), verbose_name="most schedules")),
                ("firings_in_flight_maximum", models.PositiveIntegerField(blank=True, null=True, validators=between(1, 100000), verbose_name="most runs planned or under way")),
            ],
            options={
                "verbose_name": "limits",
                "verbose_name_plural": "limits",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("least_interval_seconds__range", (1, 86400))), name="limits_least_interval_seconds_is_bounded"),
                    models.CheckConstraint(condition=models.Q(("schedules_maximum__range", (1, 100000))), name="limits_schedules_maximum_is_bounded"),
                    models.CheckConstraint(condition=models.Q(("firings_in_flight_maximum__range", (1, 100000))), name="limits_firings_in_flight_maximum_is_bounded"),
                ],
            },
        ),
        migrations.AddField(
            model_name="dueslot",
            name="spread_seconds",
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name="spread by"),
        ),
        migrations.RunSQL(IN_FORCE, NOT_IN_FORCE),
        migrations.RunSQL(REFUSE, LIMITED_BEFORE),
        migrations.RunSQL(CAPTURE, CAPTURED_BEFORE),
    ]
