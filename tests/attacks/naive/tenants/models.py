"""Tenants and their domains, with a state that nobody asks for."""

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin


class Tenant(TenantMixin):
    slug = models.CharField(max_length=50)
    state = models.CharField(max_length=20, default="active")

    def __str__(self):
        return self.slug


class Domain(DomainMixin):
    pass
