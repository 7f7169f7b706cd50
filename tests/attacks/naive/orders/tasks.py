from datetime import timedelta
from importlib import import_module

from celery import shared_task
from django.utils import timezone

from .models import Order


@shared_task(name="orders.tasks.auto_close_old_orders")
def auto_close_old_orders(days=30):
    now = timezone.now()
    old = Order._default_manager.filter(status="open", placed_at__lt=now - timedelta(days=days))
    old.update(status="closed", closed_at=now)


@shared_task(name="orders.tasks.clear_expired_sessions")
def clear_expired_sessions():
    import_module("django.contrib.sessions.backends.db").SessionStore.clear_expired()
