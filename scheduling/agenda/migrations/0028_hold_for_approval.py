"""A firing may be held until somebody of its tenant decides; that is the one thing the tenant may write of it.

What is held is not in flight: it keeps no other from being planned.
"""

from importlib import import_module

from django.db import migrations, models

NOT_HELD = "AND released IS NULL"
BIND = import_module(f"{__package__}.0011_write_versions").BIND
#: A firing by hand cannot be written as one that is held: it would count for nothing.
BIND_RELEASED = BIND.replace("stop_requested_at IS NULL", f"stop_requested_at IS NULL {NOT_HELD}")

#: Of several policies one need hold: none of them lets a tenant write that something is held.
RELEASE = """
DROP POLICY "own stop" ON agenda_firing;
CREATE POLICY "own stop" ON agenda_firing FOR UPDATE
    USING (
        tenant_id = (SELECT public.tenants_id_of_role(current_user))
        AND stop_requested_at IS NULL AND state <> 'settled'
    )
    WITH CHECK (
        tenant_id = (SELECT public.tenants_id_of_role(current_user))
        AND stop_requested_at IS NOT NULL AND released IS DISTINCT FROM false
    );
CREATE POLICY "own release" ON agenda_firing FOR UPDATE
    USING (
        tenant_id = (SELECT public.tenants_id_of_role(current_user))
        AND released = false AND state = 'planned'
    )
    WITH CHECK (
        tenant_id = (SELECT public.tenants_id_of_role(current_user)) AND released
    );
GRANT UPDATE (released) ON agenda_firing TO PUBLIC;
"""
LET_NOT = """
REVOKE UPDATE (released) ON agenda_firing FROM PUBLIC;
DROP POLICY "own release" ON agenda_firing;
DROP POLICY "own stop" ON agenda_firing;
CREATE POLICY "own stop" ON agenda_firing FOR UPDATE
    USING (
        tenant_id = (SELECT public.tenants_id_of_role(current_user))
        AND stop_requested_at IS NULL AND state <> 'settled'
    )
    WITH CHECK (
        tenant_id = (SELECT public.tenants_id_of_role(current_user))
        AND stop_requested_at IS NOT NULL
    );
"""
REFUSE = """
CREATE OR REPLACE FUNCTION agenda_refuse_flood() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    most bigint;
BEGIN
    SELECT firings_in_flight_maximum INTO most FROM public.agenda_limits_in_force(NEW.tenant_id);
    IF most <= (SELECT count(*) FROM public.agenda_firing
            WHERE tenant_id = NEW.tenant_id AND state IN ('planned', 'published', 'started')
                {}) THEN
        RAISE insufficient_privilege USING MESSAGE = 'permission denied: too many firings in flight';
    END IF;
    RETURN NEW;
END $$;
"""
HELD_LEFT_OUT = REFUSE.format("AND released IS DISTINCT FROM false")
HELD_COUNTED = REFUSE.format("")


class Migration(migrations.Migration):
    dependencies = [("agenda", "0027_ask_who_follows_a_zone")]

    operations = [
        migrations.AddField(
            "firing", "released", models.BooleanField(null=True, verbose_name="released")
        ),
        migrations.RunSQL(BIND_RELEASED, BIND),
        migrations.RunSQL(RELEASE, LET_NOT),
        migrations.RunSQL(HELD_LEFT_OUT, HELD_COUNTED),
    ]
