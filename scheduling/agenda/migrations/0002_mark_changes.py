"""Triggers that tell beat which schema's schedules changed.

A mark is a row of its own, so that two edits of one tenant never wait for each other. Its instant
is set again when the transaction commits: an edit must not fire a slot before the edit is there.
"""

from django.db import migrations

MARK = """
CREATE FUNCTION agenda_mark_schema() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.agenda_schedulechange (schema_name, changed_at)
        VALUES (TG_TABLE_SCHEMA, clock_timestamp());
    RETURN NULL;
END $$;

CREATE FUNCTION agenda_mark_tenant() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.agenda_schedulechange (schema_name, changed_at)
        VALUES (NEW.schema_name, clock_timestamp());
    RETURN NULL;
END $$;

CREATE FUNCTION agenda_date_mark() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE public.agenda_schedulechange SET changed_at = clock_timestamp() WHERE id = NEW.id;
    NOTIFY agenda;
    RETURN NULL;
END $$;

REVOKE ALL ON FUNCTION agenda_mark_schema(), agenda_mark_tenant(), agenda_date_mark() FROM PUBLIC;

CREATE CONSTRAINT TRIGGER agenda_date_mark AFTER INSERT ON agenda_schedulechange
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION agenda_date_mark();

CREATE TRIGGER agenda_mark_tenant AFTER INSERT OR UPDATE OF state, schema_name ON tenants_tenant
    FOR EACH ROW EXECUTE FUNCTION agenda_mark_tenant();
"""
UNMARK = """
DROP TRIGGER agenda_mark_tenant ON tenants_tenant;
DROP TRIGGER agenda_date_mark ON agenda_schedulechange;
DROP FUNCTION agenda_mark_schema(), agenda_mark_tenant(), agenda_date_mark();
"""


class Migration(migrations.Migration):
    dependencies = [("agenda", "0001_initial"), ("tenants", "0001_initial")]
    operations = [migrations.RunSQL(MARK, UNMARK)]
