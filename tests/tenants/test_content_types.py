"""Two threads in two tenants whose content types have different ids."""

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import F
from django_tenants.utils import tenant_context

from orders.models import Order


@pytest.fixture
def shifted(globex):
    """In globex the content types have other ids, as in a schema that was migrated in another order."""
    with tenant_context(globex):
        Permission.objects.all().delete()
        ContentType.objects.filter(app_label="orders").update(id=F("id") + 1000)


def test_each_schema_has_its_own_though_nobody_forgets_in_between(
    acme, globex, shifted, monkeypatch
):
    monkeypatch.setattr(ContentType.objects, "clear_cache", lambda: None)
    seen = []

    for tenant in (acme, globex, acme, globex):
        with tenant_context(tenant):
            found = ContentType.objects.get_for_model(Order)
            seen.append(found.pk == ContentType.objects.filter(model="order").get().pk)
            assert ContentType.objects.get_for_id(found.pk) == found

    assert seen == [True] * 4
