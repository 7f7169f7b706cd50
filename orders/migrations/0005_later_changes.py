"""What became of orders after a run had closed them, and an index to go through what it closed."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_keep_orders_open")]

    operations = [
        migrations.CreateModel(
            "LaterChange",
            [
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run_id",
                        "order_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("run_id", models.BigIntegerField()),
                ("order_id", models.BigIntegerField()),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("undo", "reopened by undoing the run"),
                            ("hand", "changed by hand"),
                            ("import", "changed by an import"),
                        ],
                        max_length=6,
                        verbose_name="reason",
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="when"
                    ),
                ),
            ],
        ),
        migrations.RemoveIndex("order", "order_by_run"),
        migrations.AddIndex(
            "order",
            models.Index(
                condition=models.Q(("closed_by_run__isnull", False)),
                fields=["closed_by_run", "id"],
                name="order_closed_by_run",
            ),
        ),
    ]
