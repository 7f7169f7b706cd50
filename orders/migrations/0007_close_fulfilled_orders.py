"""Fulfilled orders can be closed, by an index of their own, and become fulfilled again by an undo."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0006_closing_rules")]

    operations = [
        migrations.AddField(
            "order",
            "closed_from",
            models.CharField(
                editable=False,
                max_length=10,
                null=True,
                verbose_name="status before it was closed",
            ),
        ),
        migrations.AddConstraint(
            "order",
            models.CheckConstraint(
                condition=models.Q(("closed_from", "fulfilled")),
                name="order_closed_from_is_fulfilled",
            ),
        ),
        migrations.RemoveConstraint("order", "order_kept_open_is_open"),
        migrations.AddConstraint(
            "order",
            models.CheckConstraint(
                condition=models.Q(
                    ("kept_open", False), ("status__in", ["open", "fulfilled"]), _connector="OR"
                ),
                name="order_kept_open_is_not_closed",
            ),
        ),
        migrations.AddIndex(
            "order",
            models.Index(
                condition=models.Q(("kept_open", False), ("status", "fulfilled")),
                fields=["placed_at", "id"],
                name="order_fulfilled_by_placed_at",
            ),
        ),
    ]
