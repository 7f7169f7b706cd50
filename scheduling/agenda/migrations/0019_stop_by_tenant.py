"""A tenant may ask for the end of its own firings, once each, and take that back for none."""

from django.db import migrations

LET_STOP = """
CREATE POLICY "own stop" ON agenda_firing FOR UPDATE
    USING (
        tenant_id = (SELECT public.tenants_id_of_role(current_user))
        AND stop_requested_at IS NULL AND state <> 'settled'
    )
    WITH CHECK (
        tenant_id = (SELECT public.tenants_id_of_role(current_user))
        AND stop_requested_at IS NOT NULL
    );
GRANT UPDATE (stop_requested_at) ON agenda_firing TO PUBLIC;
"""
LET_NOT = """
REVOKE UPDATE (stop_requested_at) ON agenda_firing FROM PUBLIC;
DROP POLICY "own stop" ON agenda_firing;
"""


class Migration(migrations.Migration):
    dependencies = [("agenda", "0018_limits_and_spread")]

    operations = [migrations.RunSQL(LET_STOP, LET_NOT)]
