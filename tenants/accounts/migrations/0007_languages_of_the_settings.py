from django.db import migrations, models

import tenants.accounts.languages


class Migration(migrations.Migration):
    """Nothing in the database changes: the choices are asked of a function from now on."""

    dependencies = [("accounts", "0006_invited_at")]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="language",
            field=models.CharField(
                choices=tenants.accounts.languages.languages,
                default="en",
                max_length=10,
                verbose_name="language",
            ),
        ),
    ]
