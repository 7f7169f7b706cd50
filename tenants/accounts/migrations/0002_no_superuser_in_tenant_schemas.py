"""In a tenant's schema nobody can be a superuser, whatever form, command or statement tries."""

from django.db import migrations

ADD = """
DO $$ BEGIN
    IF current_schema() <> 'public' THEN
        ALTER TABLE accounts_user ADD CONSTRAINT user_of_tenant_is_no_superuser
            CHECK (NOT is_superuser AND role <> 'platform');
    END IF;
END $$
"""
DROP = "ALTER TABLE accounts_user DROP CONSTRAINT IF EXISTS user_of_tenant_is_no_superuser"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunSQL(ADD, DROP)]
