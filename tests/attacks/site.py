"""What an attacker can do to a running site, and what one sees of it from outside."""

from __future__ import annotations

import base64
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from redis import Redis

from tests.integration.person import FormReader, Page, Person
from tests.integration.rows import RAISE_LIMITS, insert_periodic, insert_row
from tests.integration.stack import PASSWORD, Stack

ATTACKER, VICTIM = "mallory", "alice"
STAFF = "watch@platform.test"
CLEARING = "orders.tasks.clear_expired_sessions"
PLATFORM_TASK = "tenants.tasks.finish_provisioning"
LOG_OUT = 'action="/admin/logout/"'
#: The age of orders that only an attack closes: honest runs here close what is older than 30 days.
YOUNG_DAYS = 5
PERIODIC = "django_celery_beat_periodictask"
ROW, NAME = f"SELECT id FROM {PERIODIC}", f"SELECT name FROM {PERIODIC}"
INTERVALS = "INSERT INTO django_celery_beat_intervalschedule (every, period)"
MISCHIEF = json.dumps({"days": 1})


class Site:
    """The attacker's view of either assembly: their own tenant, and the broker if need be."""

    #: Below /admin/: where users and schedules are written, and what one fills in for a new one.
    users: str
    schedules: str
    new_user: Mapping[str, str]
    new_schedule: Mapping[str, str]
    users_table: str
    #: Where sessions are stored, and what a row of it needs beside Django's own columns.
    sessions_table = "django_session"
    new_session: Mapping[str, str] = {}

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.broker = Redis.from_url(stack.environment["CELERY_BROKER_URL"])

    def shows(self, damage: Callable[[], Any]) -> bool:
        """Whether the damage is done, once an honest run has gone the same way as the attack."""
        raise NotImplementedError

    # Pages -----------------------------------------------------------------------------------
    @cached_property
    def attacker(self) -> Person:
        return self.logged_in(ATTACKER)

    def logged_in(self, slug: str) -> Person:
        person = self.visitor(f"{slug}.localhost")
        assert self.lets_in(person, f"owner@{slug}.test")
        return person

    def fill_in(self, person: Person, page: str, **answers: str) -> Page:
        """Send a page's form with these answers, asked for or not; or return why there is no page."""
        found = person.get(f"/admin/{page}")
        if found.status != 200:
            return found
        return person.post(found.url, FormReader.fields_of(found.text) | answers)

    def lets_in(self, person: Person, username: str) -> bool:
        page = self.fill_in(person, "login/?next=/admin/", username=username, password=PASSWORD)
        return LOG_OUT in page.text

    def visitor(self, host: str) -> Person:
        return Person(host, self.stack.web_port)

    # Rows ------------------------------------------------------------------------------------
    def sql(self, statement: str, *parameters: Any, of: str | None = None) -> Any:
        schema = self.stack.schema_of(of) if of else "public"
        return self.stack.sql(statement, *parameters, schema=schema)

    def one(self, statement: str, *parameters: Any, of: str | None = None) -> Any:
        rows = self.sql(statement, *parameters, of=of)
        return rows[0][0] if rows else None

    def young_order(self, slug: str) -> Callable[[], bool]:
        """Store an open order that is too young to be closed; return what tells whether it was."""
        number = secrets.token_hex(8)
        self.sql(
            "INSERT INTO orders_order (number, customer, placed_at, total, currency, status,"
            " status_changed_at) VALUES (%s, 'x', now() - %s * interval '1 day', 1, 'EUR', 'open', now())",
            number,
            YOUNG_DAYS,
            of=slug,
        )
        status = "SELECT status FROM orders_order WHERE number = %s"
        return lambda: self.one(status, number, of=slug) == "closed"

    def schedule(self, of: str = ATTACKER, period: str = "seconds", **columns: Any) -> None:
        """Write a periodic task for every second, as a tenant's admin or injected SQL would.

        The tenant's limits are raised for it where there are any, so that no attack fails of them.
        """
        if self.one("SELECT to_regclass('public.agenda_limits')"):
            self.sql(RAISE_LIMITS, self.stack.schema_of(of))
        interval = self.one(f"{INTERVALS} VALUES (1, %s) RETURNING id", period, of=of)
        schema = self.stack.schema_of(of)
        insert_periodic(self.stack, schema, "attack", interval_id=interval, **columns)
        self.tell_beat()

    def schedule_crontab(self, crontab: str) -> None:
        insert_row(self.stack, self.stack.schema_of(ATTACKER), "attack", crontab)
        self.tell_beat()

    def sleeping_row(self, slug: str | None) -> int:
        """Store a row that never fires, a tenant's or (None) the platform's; return its id."""
        name = f"attacked {secrets.token_hex(4)}"
        schema = self.stack.schema_of(slug) if slug else "public"
        # As in any that is not new: an id of the attacker's intervals is there as well.
        self.sql(f"{INTERVALS} SELECT 1, 'days' FROM generate_series(1, 200)", of=slug)
        insert_periodic(self.stack, schema, name, enabled=False)
        return int(self.one(f"{ROW} WHERE name = %s", name, of=slug))

    def row_name(self, row: int, slug: str | None) -> str:
        return str(self.one(f"{NAME} WHERE id = %s", row, of=slug))

    def tell_beat(self) -> None:
        """What upstream's models do by signals after each save."""

    # Messages --------------------------------------------------------------------------------
    def send(self, task: str, schema: Any, *args: Any, **headers: Any) -> None:
        """Write a message straight to the broker, as whoever got hold of its password would."""
        usual = {"lang": "py", "task": task, "id": secrets.token_hex(16), "_schema_name": schema}
        self.push(envelope(usual | headers, json.dumps([args, {}, {}]).encode()))

    def push(self, message: str | bytes, queue: str = "celery") -> None:
        self.broker.lpush(queue, message)

    def watch(self, task: str) -> Callable[[], bool]:
        """Return what tells whether a worker ran the task since now."""
        before = self.times_run(task)
        return lambda: self.times_run(task) > before

    def times_run(self, task: str) -> int:
        said = self.stack.log("worker").read_text()
        return len(re.findall(rf"Task {re.escape(task)}\[\S+\] succeeded", said))

    # Tenants ---------------------------------------------------------------------------------
    def suspend(self, slug: str) -> None:
        self.sql("UPDATE tenants_tenant SET state = 'suspended' WHERE slug = %s", slug)

    def newcomer(self, **columns: Any) -> str:
        """Store a tenant and its host, as a provisioning does that then stops half-way; return the slug."""
        slug = f"newco{secrets.token_hex(4)}"
        row = {"slug": slug, "schema_name": f"t_{slug}", "state": "provisioning"} | columns
        places = ", ".join(["%s"] * len(row))
        self.sql(f"INSERT INTO tenants_tenant ({', '.join(row)}) VALUES ({places})", *row.values())
        self.sql(
            "INSERT INTO tenants_domain (domain, is_primary, tenant_id)"
            " SELECT %s, true, id FROM tenants_tenant WHERE slug = %s",
            f"{slug}.localhost",
            slug,
        )
        return slug

    # Processes -------------------------------------------------------------------------------
    def a_process_died(self) -> bool:
        return any(process.poll() is not None for process in self.stack.processes.values())

    def python(self, code: str) -> str:
        """Run code as a tenant's task or page could, and return what it says."""
        done = self.stack.manage("shell", "-v", "0", "-c", code, check=False)
        return (done.stdout + done.stderr).strip()

    def mails(self) -> str:
        return self.stack.log("web").read_text()

    # In between ------------------------------------------------------------------------------
    def make_ready(self) -> None:
        """Start whatever an attack before has ended."""

    def clean(self) -> None:
        """Take back what an attack left behind, for the one after it."""
        self.sql("UPDATE tenants_tenant SET state = 'active' WHERE state = 'suspended'")
        self.sql(
            "UPDATE tenants_domain SET tenant_id = tenants_tenant.id FROM tenants_tenant"
            " WHERE domain = slug || '.localhost'"
        )
        for slug in (ATTACKER, VICTIM, None):
            self.sql(f"DELETE FROM {PERIODIC} WHERE name LIKE 'attack%%'", of=slug)


def envelope(headers: dict[str, Any], body: bytes) -> str:
    """Return a message as kombu stores it in a list."""
    delivery = {"exchange": "", "routing_key": "celery"}
    properties = {
        "correlation_id": headers.get("id"),
        "delivery_mode": 2,
        "delivery_info": delivery,
        "priority": 0,
        "body_encoding": "base64",
        "delivery_tag": secrets.token_hex(16),
    }
    return json.dumps(
        {
            "body": base64.b64encode(body).decode(),
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": headers,
            "properties": properties,
        }
    )


def seen_within(seconds: float, damage: Callable[[], Any]) -> bool:
    deadline = time.monotonic() + seconds
    while not (done := damage()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(done)
