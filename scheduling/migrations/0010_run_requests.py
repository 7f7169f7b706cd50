"""Who asked for a run by hand."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0009_retry")]

    operations = [
        migrations.CreateModel(
            "RunRequest",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("periodic_task_id", models.BigIntegerField(verbose_name="schedule")),
                ("slot_at", models.DateTimeField(verbose_name="asked for")),
                ("by", models.CharField(max_length=254, verbose_name="by")),
            ],
            options={
                "verbose_name": "run asked for by hand",
                "verbose_name_plural": "runs asked for by hand",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("periodic_task_id", "slot_at"),
                        name="run_request_is_unique_per_slot",
                    )
                ],
            },
        ),
    ]
