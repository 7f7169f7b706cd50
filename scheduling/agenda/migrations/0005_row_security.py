"""A tenant sees its own due slots and firings, and may plan a firing by hand."""

from django.db import migrations

SHOW_OWN_ROWS = """
ALTER TABLE agenda_dueslot ENABLE ROW LEVEL SECURITY;
ALTER TABLE agenda_firing ENABLE ROW LEVEL SECURITY;
CREATE POLICY "own rows" ON agenda_dueslot FOR SELECT
    USING (tenant_id = (SELECT public.tenants_id_of_role(current_user)));
CREATE POLICY "own rows" ON agenda_firing FOR SELECT
    USING (tenant_id = (SELECT public.tenants_id_of_role(current_user)));
CREATE POLICY "own firing by hand" ON agenda_firing FOR INSERT WITH CHECK (
    tenant_id = (SELECT public.tenants_id_of_role(current_user))
    AND state = 'planned' AND trigger = 'manual'
);
GRANT SELECT ON agenda_dueslot, agenda_firing TO PUBLIC;
GRANT INSERT ON agenda_firing TO PUBLIC;
"""
HIDE = """
REVOKE ALL ON agenda_dueslot, agenda_firing FROM PUBLIC;
DROP POLICY "own firing by hand" ON agenda_firing;
DROP POLICY "own rows" ON agenda_firing;
DROP POLICY "own rows" ON agenda_dueslot;
ALTER TABLE agenda_firing DISABLE ROW LEVEL SECURITY;
ALTER TABLE agenda_dueslot DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("agenda", "0004_index_firings_under_way"),
        ("tenants", "0003_row_security"),
    ]
    operations = [migrations.RunSQL(SHOW_OWN_ROWS, HIDE)]
