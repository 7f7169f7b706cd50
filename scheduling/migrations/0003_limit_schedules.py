"""Postgres counts a tenant's schedules when some are added. The function is the public schema's."""

from django.db import migrations

LIMIT = """
CREATE TRIGGER agenda_limit_schedules AFTER INSERT ON django_celery_beat_periodictask
    FOR EACH STATEMENT EXECUTE FUNCTION public.agenda_limit_schedules();
"""
UNLIMITED = "DROP TRIGGER agenda_limit_schedules ON django_celery_beat_periodictask"


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0002_mark_tenant_schedules")]
    operations = [migrations.RunSQL(LIMIT, UNLIMITED)]
