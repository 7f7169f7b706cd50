"""When a tenant's time zone changes, its schema is told which schedules had the old one.

Whoever changes it, and by whatever way: staff may enter no tenant's schema, so Postgres writes it.
A schema that is broken, or yet to be migrated, keeps nobody from the change.
"""

from django.db import migrations

ASK = """
CREATE FUNCTION agenda_ask_who_follows() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('
        INSERT INTO %1$I.scheduling_zonechange (old, new, schedules, answered_by)
        SELECT $1, $2, jsonb_agg(p.id ORDER BY p.id), ''''
        FROM %1$I.django_celery_beat_periodictask p
        JOIN %1$I.django_celery_beat_crontabschedule c ON c.id = p.crontab_id
        WHERE c.timezone = $1 HAVING count(*) > 0', NEW.schema_name)
    USING OLD.timezone, NEW.timezone;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION agenda_ask_who_follows() FROM PUBLIC;
CREATE TRIGGER agenda_ask_who_follows AFTER UPDATE OF timezone ON tenants_tenant
    FOR EACH ROW WHEN (
        OLD.timezone <> NEW.timezone AND NEW.schema_name <> 'public'
        AND NEW.state IN ('active', 'suspended')
    ) EXECUTE FUNCTION agenda_ask_who_follows();
"""
FORGET = """
DROP TRIGGER agenda_ask_who_follows ON tenants_tenant;
DROP FUNCTION agenda_ask_who_follows();
"""


class Migration(migrations.Migration):
    dependencies = [("agenda", "0026_plan_the_end_of_pauses"), ("tenants", "0006_own_zone")]

    operations = [migrations.RunSQL(ASK, FORGET)]
