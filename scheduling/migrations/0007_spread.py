"""A schedule may fire within the minutes after its slot; beat hears of that choice as of the others."""

import django.core.validators
from django.db import migrations, models

from scheduling.agenda.triggers import name_policy_columns


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0006_run_retention")]
    operations = [
        migrations.AddField(
            model_name="policy",
            name="spread_minutes",
            field=models.PositiveSmallIntegerField(
                blank=True,
                null=True,
                validators=[django.core.validators.MaxValueValidator(60)],
                verbose_name="fire within (minutes after the slot)",
            ),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.CheckConstraint(
                condition=models.Q(("spread_minutes__gte", 0), ("spread_minutes__lte", 60)),
                name="policy_spread_minutes_is_bounded",
            ),
        ),
        migrations.RunSQL(name_policy_columns("spread_minutes"), name_policy_columns()),
    ]
