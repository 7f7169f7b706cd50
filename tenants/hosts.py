"""Who lives at a host, without a query for each host that nobody has."""

import hashlib
import threading
import time
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import connection

from tenants.models import Tenant
from tenants.names import validate_domain

#: Unknown hosts that are looked up at once and per second; more come from nobody with good intent.
BURST = 20
LOOKUPS_PER_SECOND = 5.0
#: During a flood, hosts that are new since the last time become known after this.
RELOAD_SECONDS = 5.0


def tenant_at(host: str) -> Tenant | None:
    """Return the tenant, in whatever state, that has this host. Asks in the public schema."""
    found = Tenant.objects.raw("SELECT * FROM tenants_at_host(%s)", [host])
    return next(iter(found), None)


def digest(host: str) -> int:
    """Return what `tenants_host_digests()` has for a host: eight bytes of its MD5, signed."""
    md5 = hashlib.md5(host.encode(), usedforsecurity=False).digest()
    return int.from_bytes(md5[:8], signed=True)


def all_digests() -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenants_host_digests()")
        return {row[0] for row in cursor.fetchall()}


class HostDirectory:
    """Finds tenants by host. In a flood of unknown hosts it asks Postgres a few times a second.

    It holds eight bytes of each host that is known. What is known is still looked up for each
    request, so that a suspended tenant is suspended at once.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.known: set[int] = set()
        self.lookups, self.counted_at = float(BURST), clock()
        self.loaded_at = clock() - RELOAD_SECONDS
        self.lock = threading.Lock()

    def find(self, host: str) -> Tenant | None:
        """Return the tenant at a host, as `names.normal_host` returns it; None when there is none."""
        if not is_well_formed(host) or not self.is_worth_a_query(host):
            return None
        tenant = tenant_at(host)
        if tenant is not None:
            self.known.add(digest(host))
        return tenant

    def is_worth_a_query(self, host: str) -> bool:
        """Whether the host is known, or one more unknown one may be looked up."""
        if digest(host) in self.known:
            return True
        with self.lock:
            if self.takes_lookup():
                return True
            self.learn()
        return digest(host) in self.known

    def takes_lookup(self) -> bool:
        now = self.clock()
        earned = (now - self.counted_at) * LOOKUPS_PER_SECOND
        self.lookups, self.counted_at = min(self.lookups + earned, float(BURST)), now
        if self.lookups < 1:
            return False
        self.lookups -= 1
        return True

    def learn(self) -> None:
        """Read which hosts there are, unless that was done a moment ago."""
        if self.clock() - self.loaded_at >= RELOAD_SECONDS:
            self.loaded_at = self.clock()
            self.known = all_digests()


def is_well_formed(host: str) -> bool:
    try:
        validate_domain(host)
    except ValidationError:
        return False
    return True
