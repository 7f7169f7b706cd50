import pytest
from django.core.exceptions import ValidationError

from tenants import lifecycle
from tenants.models import Tenant


def state_of(slug):
    return Tenant.objects.values_list("state", "state_reason").get(slug=slug)


def test_suspending_one_tenant_leaves_the_other_active(acme, globex):
    lifecycle.suspend("acme", "unpaid")

    assert state_of("acme") == ("suspended", "unpaid")
    assert state_of("globex") == ("active", "")


def test_suspending_and_resuming_twice_is_as_once(acme):
    lifecycle.suspend("acme", "unpaid")
    lifecycle.suspend("acme", "again")
    assert state_of("acme") == ("suspended", "unpaid")

    lifecycle.resume("acme")
    lifecycle.resume("acme")

    assert state_of("acme") == ("active", "")


@pytest.mark.parametrize("slug", ["nobody", "public"])
def test_only_a_customer_can_be_suspended(acme, slug):
    with pytest.raises(ValidationError, match=f"no tenant '{slug}'"):
        lifecycle.suspend(slug)


def test_a_tenant_that_failed_is_provisioned_again(acme):
    Tenant.objects.filter(slug="acme").update(state="failed", state_reason="disk full")

    lifecycle.retry("acme")

    assert state_of("acme") == ("provisioning", "")


def test_a_tenant_that_stands_is_not_provisioned_again(acme):
    with pytest.raises(ValidationError, match="is active, not failed"):
        lifecycle.retry("acme")


def test_a_tenant_that_is_not_built_yet_cannot_be_suspended(acme):
    Tenant.objects.filter(slug="acme").update(state="provisioning")

    with pytest.raises(ValidationError, match="is provisioning, not active"):
        lifecycle.suspend("acme")
