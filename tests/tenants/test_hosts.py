import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenants.hosts import BURST, RELOAD_SECONDS, HostDirectory, all_digests, digest
from tenants.models import Domain

pytestmark = pytest.mark.usefixtures("acme", "globex")


class Clock:
    """Stands still until it is moved."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def hosts(clock):
    return HostDirectory(clock)


def flood(hosts, number=200):
    """Ask for unknown hosts, each another, and return how many queries that took."""
    with CaptureQueriesContext(connection) as queries:
        assert not any(hosts.find(f"nobody-{n}.localhost") for n in range(number))
    return len(queries)


def test_a_host_leads_to_its_tenant(hosts, acme, globex):
    assert hosts.find("acme.localhost") == acme
    assert hosts.find("globex.localhost") == globex


def test_a_flood_of_unknown_hosts_costs_no_query_each(hosts):
    assert flood(hosts) <= BURST + 1
    assert flood(hosts) == 0


@pytest.mark.parametrize("host", ["", "a..b", "a b", "a\0b", "x" * 300, "-a.localhost", "é.test"])
def test_what_is_no_host_name_costs_no_query(hosts, host, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert hosts.find(host) is None


def test_those_who_are_known_are_served_during_a_flood(hosts, acme):
    flood(hosts)

    assert hosts.find("acme.localhost") == acme


def test_a_host_that_is_new_during_a_flood_is_known_soon(hosts, acme, clock):
    flood(hosts)
    Domain.objects.create(tenant=acme, domain="new.acme.test", is_primary=False)

    assert hosts.find("new.acme.test") is None
    clock.now += RELOAD_SECONDS
    flood(hosts)

    assert hosts.find("new.acme.test") == acme


def test_a_host_that_was_taken_away_leads_nowhere_at_once(hosts, acme):
    Domain.objects.create(tenant=acme, domain="old.acme.test", is_primary=False)
    assert hosts.find("old.acme.test") == acme

    Domain.objects.filter(domain="old.acme.test").delete()

    assert hosts.find("old.acme.test") is None


def test_postgres_and_we_have_the_same_digests():
    assert {digest("acme.localhost"), digest("globex.localhost")} <= all_digests()
