"""Beat hears of changes of the platform's own periodic tasks."""

from django.db import migrations

from scheduling.agenda.triggers import create_triggers, drop_triggers


class Migration(migrations.Migration):
    dependencies = [
        ("agenda", "0002_mark_changes"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]
    operations = [migrations.RunSQL(create_triggers(), drop_triggers())]
