"""Indexes by which the list of orders is searched and narrowed."""

import django.db.models.functions.comparison
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0007_close_fulfilled_orders")]

    operations = [
        migrations.AddIndex(
            "order",
            models.Index(
                django.db.models.functions.comparison.Collate(
                    django.db.models.functions.text.Lower(
                        django.db.models.functions.text.Trim("customer")
                    ),
                    "C",
                ),
                condition=models.Q(("customer", ""), _negated=True),
                name="order_by_customer",
            ),
        ),
        migrations.AddIndex(
            "order",
            models.Index(
                condition=models.Q(("status", "cancelled")),
                fields=["-placed_at", "-id"],
                name="order_cancelled",
            ),
        ),
    ]
