"""Beat hears of changes of policies as of those of the schedules they belong to."""

from django.db import migrations

from scheduling.agenda.triggers import create_policy_triggers

UNMARK = """
DROP TRIGGER agenda_mark_schema ON scheduling_policy;
DROP TRIGGER agenda_mark_truncate ON scheduling_policy;
"""


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0004_policies")]
    operations = [migrations.RunSQL(create_policy_triggers(), UNMARK)]
