"""A firing by hand has a random id: those of slots to come can be computed, and taken by another tenant."""

from django.db import migrations

RANDOM_ID = """
ALTER POLICY "own firing by hand" ON agenda_firing WITH CHECK (
    tenant_id = (SELECT public.tenants_id_of_role(current_user))
    AND state = 'planned' AND trigger = 'manual'
    AND substr(id::text, 15, 1) = '4'  -- the version of a random UUID; a slot's is 5
);
"""
ANY_ID = """
ALTER POLICY "own firing by hand" ON agenda_firing WITH CHECK (
    tenant_id = (SELECT public.tenants_id_of_role(current_user))
    AND state = 'planned' AND trigger = 'manual'
);
"""


class Migration(migrations.Migration):
    dependencies = [("agenda", "0006_hold_slots_back")]
    operations = [migrations.RunSQL(RANDOM_ID, ANY_ID)]
