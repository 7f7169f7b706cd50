"""Amounts in different currencies are never added: a report says whose its totals are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]

    operations = [
        migrations.AddField(
            "dailyreport",
            "currency",
            models.CharField(max_length=3, verbose_name="currency", default="EUR"),
            preserve_default=False,
        ),
        migrations.AddField(
            "dailyreport", "by_currency", models.JSONField(default=dict, verbose_name="by currency")
        ),
    ]
