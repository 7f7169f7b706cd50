"""How a process connects to Postgres: as whom, and for how long it may wait."""

from collections.abc import Mapping
from typing import Any

import environ

from saas.processes import SESSION_SETTINGS


def database(url: str, process: str, given_urls: Mapping[str, str]) -> dict[str, Any]:
    """Return the connection of a kind of process.

    `url` is the owner's, or else the process's own; `given_urls` has those that the environment
    gives to kinds of processes.
    """
    given = {kind: environ.Env.db_url_config(given) for kind, given in given_urls.items() if given}
    parsed = environ.Env.db_url_config(url)
    return parsed | {
        "ENGINE": "tenants.postgresql",
        "ATOMIC_REQUESTS": True,
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": 600,  # seconds
        # Read by our backend: which login to use, and those that the environment gives.
        "LOGIN": process,
        "GIVEN_LOGINS": given,
        "OPTIONS": parsed.get("OPTIONS", {}) | session_options(process),
    }


def session_options(process: str) -> dict[str, Any]:
    # With the zone, so that a session whose settings were discarded need not be told it again.
    settings = {"TimeZone": "UTC"} | SESSION_SETTINGS[process]
    return {
        "connect_timeout": 5,  # seconds
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        # Of what was sent and nobody received, which keepalives do not watch. In milliseconds.
        "tcp_user_timeout": 15_000,
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
    }
