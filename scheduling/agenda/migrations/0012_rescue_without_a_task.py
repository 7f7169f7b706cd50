"""The rescue is beat's own affair now; the platform's periodic task for it goes."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def forget_task(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    rows = apps.get_model("django_celery_beat", "PeriodicTask").objects
    rows.filter(task="scheduling.agenda.tasks.rescue_firings").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("agenda", "0011_write_versions"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]
    operations = [migrations.RunPython(forget_task, migrations.RunPython.noop)]
