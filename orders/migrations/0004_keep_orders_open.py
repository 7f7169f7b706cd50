"""Orders that were reopened are kept open: the index that closing goes through is without them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_order_files")]

    operations = [
        migrations.AddField(
            "order",
            "kept_open",
            models.BooleanField(
                db_default=False,
                default=False,
                help_text="Runs do not close it. Set when an order is reopened, until you clear it.",
                verbose_name="kept open",
            ),
        ),
        migrations.AddConstraint(
            "order",
            models.CheckConstraint(
                condition=models.Q(("kept_open", False), ("status", "open"), _connector="OR"),
                name="order_kept_open_is_open",
            ),
        ),
        migrations.RemoveIndex("order", "order_open_by_placed_at"),
        migrations.AddIndex(
            "order",
            models.Index(
                condition=models.Q(("kept_open", False), ("status", "open")),
                fields=["placed_at", "id"],
                name="order_closable_by_placed_at",
            ),
        ),
        migrations.AddIndex(
            "order",
            models.Index(
                condition=models.Q(("kept_open", True)),
                fields=["-placed_at", "-id"],
                name="order_kept_open",
            ),
        ),
    ]
