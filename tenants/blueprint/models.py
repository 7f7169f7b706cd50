"""The blueprints that there are: one for each version of the code that made tenants of late."""

from __future__ import annotations

from django.db import models


class Blueprint(models.Model):
    """The SQL of a tenant's schema. Nobody but the owner may write it: as owner it is run."""

    fingerprint = models.CharField(max_length=64, primary_key=True)
    #: With `reading.PLACEHOLDER` for the schema's name; empty where there is a refusal.
    statements = models.TextField()
    #: Why schemas cannot be made from a blueprint, and are migrated instead.
    refusal = models.TextField(blank=True)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.fingerprint[:12]
