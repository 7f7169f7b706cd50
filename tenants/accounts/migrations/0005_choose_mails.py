from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0004_mail_missed_runs"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="mail_held_runs",
            field=models.BooleanField(
                db_default=True,
                default=True,
                verbose_name="Mail me when a run is held until somebody approves it",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="mail_weekly_summary",
            field=models.BooleanField(
                db_default=True, default=True, verbose_name="Mail me the summary of the week"
            ),
        ),
    ]
