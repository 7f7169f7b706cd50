"""What tenants chose of their schedules' brakes, and the runs that were held for approval."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0012_zone_changes")]

    operations = [
        migrations.CreateModel(
            name="Brake",
            fields=[
                ("periodic_task_id", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="schedule")),
                ("rule", models.CharField(choices=[("usual", "when it would do much more than usual"), ("fixed", "when it would do more than a number of your own"), ("never", "never")], max_length=5, verbose_name="hold a run for approval")),
                ("most", models.PositiveIntegerField(blank=True, null=True, verbose_name="hold it above")),
            ],
            options={
                "verbose_name": "brake",
                "verbose_name_plural": "brakes",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(models.Q(("most__isnull", False), ("rule", "fixed")), models.Q(("most", None), ("rule__in", ["usual", "never"])), _connector="OR"), name="brake_rule_is_known"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("run_id", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="run")),
                ("periodic_task_id", models.BigIntegerField(verbose_name="schedule")),
                ("number", models.PositiveBigIntegerField(verbose_name="would close")),
                ("most", models.PositiveBigIntegerField(verbose_name="held above")),
                ("usual", models.PositiveBigIntegerField(null=True, verbose_name="usual")),
                ("held_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="held")),
                ("expires_at", models.DateTimeField(verbose_name="expires")),
                ("telling_until", models.DateTimeField(null=True)),
                ("told_at", models.DateTimeField(null=True, verbose_name="owners told")),
                ("decision", models.CharField(blank=True, choices=[("approved", "approved"), ("dismissed", "dismissed"), ("expired", "nobody decided in time")], max_length=9, verbose_name="decision")),
                ("by", models.CharField(blank=True, max_length=254, verbose_name="by")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended")),
            ],
            options={
                "verbose_name": "hold of a run",
                "verbose_name_plural": "holds of runs",
                "constraints": [
                    models.UniqueConstraint(condition=models.Q(("ended_at__isnull", True)), fields=("periodic_task_id",), name="hold_is_open_once_per_schedule"),
                ],
            },
        ),
    ]
