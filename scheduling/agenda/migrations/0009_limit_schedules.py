"""The function that counts a tenant's schedules; the triggers that call it are in tenants' schemas."""

from django.db import migrations

LIMIT = """
CREATE FUNCTION agenda_limit_schedules() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    number bigint;
BEGIN
    EXECUTE format(
        'SELECT count(*) FROM (SELECT 1 FROM %I.%I LIMIT 1001) AS counted', TG_TABLE_SCHEMA, TG_TABLE_NAME
    ) INTO number;
    IF number > 1000 THEN
        RAISE check_violation USING MESSAGE = 'a tenant may have 1000 schedules and no more';
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION agenda_limit_schedules() FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("agenda", "0008_index_slots_that_wait")]
    operations = [migrations.RunSQL(LIMIT, "DROP FUNCTION agenda_limit_schedules()")]
