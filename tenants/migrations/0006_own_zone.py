"""A tenant's people may change its own time zone, and nothing else of its row, in its role.

Only to one that Postgres knows: what stands there is also read where many tenants are gone through.
"""

from django.db import migrations

LET_CHANGE = """
CREATE POLICY "own zone" ON tenants_tenant FOR UPDATE
    USING (id = (SELECT public.tenants_id_of_role(current_user)))
    WITH CHECK (
        id = (SELECT public.tenants_id_of_role(current_user))
        AND timezone IN (SELECT name FROM pg_timezone_names)
    );
GRANT UPDATE (timezone) ON tenants_tenant TO PUBLIC;
"""
LET_NOT = """
REVOKE UPDATE (timezone) ON tenants_tenant FROM PUBLIC;
DROP POLICY "own zone" ON tenants_tenant;
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0005_blueprints")]

    operations = [migrations.RunSQL(LET_CHANGE, LET_NOT)]
