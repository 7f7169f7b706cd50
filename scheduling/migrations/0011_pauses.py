"""Who paused a schedule, when, why and until when; beat hears of it."""

import datetime

from django.db import migrations, models
from django.db.models.functions import Now

from scheduling.agenda.triggers import create_pause_triggers

FORGET = "DROP TRIGGER agenda_end_pause ON django_celery_beat_periodictask;"
OUR_TIME = (
    datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC),
    datetime.datetime(3000, 1, 1, tzinfo=datetime.UTC),
)


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0010_run_requests")]

    operations = [
        migrations.CreateModel(
            "Pause",
            [
                (
                    "periodic_task_id",
                    models.BigIntegerField(
                        primary_key=True, serialize=False, verbose_name="schedule"
                    ),
                ),
                ("by", models.CharField(max_length=254, verbose_name="by")),
                ("paused_at", models.DateTimeField(db_default=Now(), verbose_name="paused at")),
                ("until_at", models.DateTimeField(null=True, verbose_name="until")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
            ],
            options={
                "verbose_name": "pause",
                "verbose_name_plural": "pauses",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("paused_at__range", OUR_TIME)),
                        name="pause_begins_in_our_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("until_at__range", OUR_TIME)),
                        name="pause_ends_in_our_time",
                    ),
                ],
            },
        ),
        migrations.RunSQL(create_pause_triggers(), FORGET),
    ]
