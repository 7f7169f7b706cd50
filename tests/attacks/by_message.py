"""Attacks by messages written straight to the broker: whoever can do that owns a plain assembly."""

from __future__ import annotations

from collections.abc import Callable

from tests.attacks.frame import attack
from tests.attacks.site import (
    ATTACKER,
    CLEARING,
    PLATFORM_TASK,
    VICTIM,
    Site,
)
from tests.integration.rows import CLOSING


def expired_session(site: Site) -> Callable[[], bool]:
    """Store an expired session of the platform's; return what tells whether it was cleared."""
    row = {
        "session_key": "old",
        "session_data": "",
        "expire_date": "2001-01-01",
        **site.new_session,
    }
    places = ", ".join(["%s"] * len(row))
    site.sql(
        f"INSERT INTO {site.sessions_table} ({', '.join(row)}) VALUES ({places})"
        " ON CONFLICT DO NOTHING",
        *row.values(),
    )
    found = f"SELECT 1 FROM {site.sessions_table} WHERE session_key = 'old'"
    return lambda: not site.one(found)


@attack
def a_message_names_another_tenants_schema(site: Site) -> bool:
    closed = site.young_order(VICTIM)

    site.send(CLOSING, site.stack.schema_of(VICTIM), 1)

    return site.shows(closed)


@attack
def a_message_for_a_ghost_runs_on_the_platforms_side(site: Site) -> bool:
    gone = expired_session(site)

    site.send(CLEARING, "ghost")

    return site.shows(gone)


@attack
def a_schema_that_is_no_name_runs_on_the_platforms_side(site: Site) -> bool:
    gone = expired_session(site)

    site.send(CLEARING, ["not", "a", "name"])

    return site.shows(gone)


@attack
def a_message_runs_a_task_of_the_platforms(site: Site) -> bool:
    ran = site.watch(PLATFORM_TASK)

    site.send(PLATFORM_TASK, "public")

    return site.shows(ran)


@attack
def a_message_wraps_a_task_in_celerys_starmap(site: Site) -> bool:
    closed = site.young_order(VICTIM)
    inner = {"task": CLOSING, "args": [], "kwargs": {}, "options": {}}

    site.send("celery.starmap", site.stack.schema_of(VICTIM), inner, [[1]])

    return site.shows(closed)


@attack
def a_message_for_a_suspended_tenant_runs(site: Site) -> bool:
    closed = site.young_order(ATTACKER)
    site.suspend(ATTACKER)

    site.send(CLOSING, site.stack.schema_of(ATTACKER), 1)

    return site.shows(closed)
