"""Which runs were undone, by whom and how far."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0007_spread")]

    operations = [
        migrations.CreateModel(
            "Undo",
            [
                (
                    "run_id",
                    models.BigIntegerField(primary_key=True, serialize=False, verbose_name="run"),
                ),
                ("by", models.CharField(max_length=254, verbose_name="by")),
                (
                    "begun_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="begun"
                    ),
                ),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
                (
                    "done",
                    models.PositiveBigIntegerField(
                        db_default=0, default=0, verbose_name="taken back"
                    ),
                ),
            ],
            options={
                "verbose_name": "undoing of a run",
                "verbose_name_plural": "undoings of runs",
            },
        ),
    ]
