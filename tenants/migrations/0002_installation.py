"""The id of this installation. Roles belong to the cluster, so their names carry it."""

from django.db import migrations, models

MAKE_ID = "INSERT INTO tenants_installation (id) VALUES (substr(md5(gen_random_uuid()::text), 1, 8))"


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Installation",
            fields=[("id", models.CharField(max_length=8, primary_key=True, serialize=False))],
        ),
        migrations.RunSQL(MAKE_ID, migrations.RunSQL.noop),
        # Nobody but the owner of its tables has business there, until it is granted.
        migrations.RunSQL(
            "REVOKE ALL ON SCHEMA public FROM PUBLIC",
            "GRANT USAGE ON SCHEMA public TO PUBLIC",
        ),
    ]
