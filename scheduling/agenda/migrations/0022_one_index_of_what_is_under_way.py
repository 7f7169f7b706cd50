"""The alarm reads all that is under way, which `firing_in_flight` lists as well."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("agenda", "0021_tenants_of_firings")]
    operations = [
        migrations.RunSQL(
            "DROP INDEX firing_unsettled",
            "CREATE INDEX firing_unsettled ON agenda_firing (planned_at)"
            " WHERE state IN ('planned', 'published', 'started')",
        )
    ]
