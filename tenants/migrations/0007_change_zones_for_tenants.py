"""A tenant's zone is changed by a function that only web processes may call, and not in the tenant's role.

Who may update any column of a row may also lock it, for as long as a transaction lasts: alarms of all
tenants would wait for it, and so would staff who suspend that tenant.
"""

from importlib import import_module

from django.db import migrations

BEFORE = import_module(f"{__package__}.0006_own_zone")
CHANGE_FOR_TENANTS = """
CREATE FUNCTION tenants_change_zone(owner bigint, zone text) RETURNS SETOF bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE public.tenants_tenant SET timezone = zone
    WHERE id = owner AND zone IN (SELECT name FROM pg_timezone_names)
    RETURNING id
$$;
REVOKE ALL ON FUNCTION tenants_change_zone(bigint, text) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0006_own_zone")]

    operations = [
        migrations.RunSQL(CHANGE_FOR_TENANTS, "DROP FUNCTION tenants_change_zone(bigint, text)"),
        migrations.RunSQL(BEFORE.LET_NOT, BEFORE.LET_CHANGE),
    ]
