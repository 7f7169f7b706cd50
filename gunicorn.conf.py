"""gunicorn's settings, read from the folder it is started in; the command line goes before them."""

import ipaddress
import os
import sys
from typing import Any

#: Only these addresses are believed when they say X-Forwarded-Proto: https. gunicorn's own default
#: believes everybody on the same machine.
forwarded_allow_ips = os.environ.get("TRUSTED_PROXIES", "")

#: More than any browser of ours sends. How large a body may be: see saas/request_size.py.
limit_request_line, limit_request_fields, limit_request_field_size = 4094, 64, 8190
#: Seconds that a worker may be silent: longer than the import of the largest order file takes.
timeout = 60
logger_class = "saas.access_log.AccessLogger"


def on_starting(server: Any) -> None:
    """Refuse to serve plain HTTP to anybody but this machine; leave no tenant all the threads."""
    os.environ.setdefault("TENANT_REQUESTS_AT_ONCE", str(max(1, server.cfg.threads // 2)))
    from django.conf import settings

    open_to_others = [host for host in map(host_of, server.cfg.address) if not is_loopback(host)]
    if not settings.HTTPS and open_to_others:
        sys.exit(
            f"HTTPS=0 is allowed only while bound to loopback, not to {open_to_others[0]}: "
            "bind to 127.0.0.1, or serve behind a proxy with HTTPS=1."
        )


def host_of(address: Any) -> str:
    """Return the host of a bind address; a unix socket's is this machine."""
    return address[0] if isinstance(address, tuple) else "localhost"


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
