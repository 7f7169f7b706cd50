"""The Celery app, as the documentation of tenant-schemas-celery has it."""

import os

import django
from tenant_schemas_celery.app import CeleryApp as TenantAwareCeleryApp

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.attacks.naive.settings")
django.setup()

app = TenantAwareCeleryApp("naive")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
