"""Beat hears of changes of a tenant's periodic tasks. The function is the public schema's."""

from django.db import migrations

from scheduling.agenda.triggers import create_triggers, drop_triggers


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0001_initial"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]
    operations = [migrations.RunSQL(create_triggers(), drop_triggers())]
