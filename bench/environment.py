"""Importing this sets Django up as production runs it, without what needs a built image."""

import os

import django

os.environ |= {"DJANGO_SETTINGS_MODULE": "saas.settings", "DEBUG": "1", "LOG_LEVEL": "ERROR"}
django.setup()

from django.conf import settings  # noqa: E402

# Static files come from the apps, as in development; but no query is kept in memory.
settings.DEBUG = False
