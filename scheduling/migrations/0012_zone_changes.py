"""Changes of the tenant's own time zone, with the schedules that it is asked about."""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0011_pauses")]

    operations = [
        migrations.CreateModel(
            "ZoneChange",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("old", models.CharField(max_length=64, verbose_name="old time zone")),
                ("new", models.CharField(max_length=64, verbose_name="new time zone")),
                ("changed_at", models.DateTimeField(db_default=Now(), verbose_name="changed")),
                ("schedules", models.JSONField(default=list, verbose_name="schedules")),
                ("answered_at", models.DateTimeField(null=True, verbose_name="answered")),
                (
                    "answered_by",
                    models.CharField(blank=True, max_length=254, verbose_name="answered by"),
                ),
            ],
            options={
                "verbose_name": "change of the time zone",
                "verbose_name_plural": "changes of the time zone",
            },
        ),
    ]
