"""The WSGI application, for `gunicorn saas.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.settings")

application = get_wsgi_application()

from scheduling.agenda.waiting import wait_for_database  # noqa: E402  # needs the apps loaded

wait_for_database()
