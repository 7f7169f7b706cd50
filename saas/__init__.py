"""The wiring: settings, URLs, the Celery app, WSGI, health and the embedded services."""

from saas.celery import app as celery_app

__all__ = ["celery_app"]
