"""Which failed runs were tried again, by whom, and as which run."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0008_undo")]

    operations = [
        migrations.CreateModel(
            "Retry",
            [
                (
                    "run_id",
                    models.BigIntegerField(primary_key=True, serialize=False, verbose_name="run"),
                ),
                ("periodic_task_id", models.BigIntegerField(verbose_name="schedule")),
                ("slot_at", models.DateTimeField(verbose_name="slot")),
                ("told_slot_at", models.DateTimeField(verbose_name="slot that failed")),
                ("by", models.CharField(max_length=254, verbose_name="by")),
                (
                    "asked_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        verbose_name="asked for",
                    ),
                ),
            ],
            options={
                "verbose_name": "retry of a run",
                "verbose_name_plural": "retries of runs",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("periodic_task_id", "slot_at"), name="retry_is_unique_per_slot"
                    )
                ],
            },
        ),
    ]
