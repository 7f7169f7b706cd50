"""The cache is one for all tenants; what is in it is not."""

import pytest
from django.core.cache import cache
from django_tenants.utils import schema_context, tenant_context


@pytest.fixture(autouse=True)
def empty():
    yield
    cache.clear()


def test_the_same_key_is_another_value_at_each_tenant_and_at_the_platform(acme, globex):
    for tenant in (acme, globex):
        with tenant_context(tenant):
            cache.set("orders", tenant.slug)

    with tenant_context(acme):
        assert cache.get("orders") == "acme"
        cache.delete("orders")
    with tenant_context(globex):
        assert cache.get("orders") == "globex"
    with schema_context("public"):
        assert cache.get("orders") is None


@pytest.mark.parametrize(
    ("one", "key", "other", "same_key"),
    [
        ("t_a", "b::1:c", "t_a_b", "c"),
        ("t_a", "_b::1:c", "t_a_b", "c"),
        ("t_a", "orders", "t_a_", "orders"),
        ("t_a", ":1:t_b::1:orders", "t_b", "orders"),
    ],
)
def test_no_key_of_one_tenant_is_made_to_look_like_anothers(db, one, key, other, same_key):
    """The schema comes first in a key, and by constraint no schema's name holds a colon."""
    with schema_context(one):
        cache.set(key, "secret")

    with schema_context(other):
        assert cache.get(same_key) is None


def test_versions_and_many_keys_at_once_are_kept_apart_too(acme, globex):
    with tenant_context(acme):
        cache.set_many({"a": 1, "b": 2})
        cache.set("a", 3, version=2)
        cache.incr("b")

    with tenant_context(globex):
        assert cache.get_many(["a", "b"]) == {}
        assert cache.get("a", version=2) is None
        with pytest.raises(ValueError, match="not found"):
            cache.incr("b")
