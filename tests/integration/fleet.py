"""Some tenants that fire every few seconds, on a worker with two children, and what befalls them."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from datetime import datetime
from typing import Any

import psycopg2

from tests.integration.broken import BREAKAGES
from tests.integration.person import Person
from tests.integration.rows import CLOSING, RAISE_LIMITS, insert_every
from tests.integration.stack import PASSWORD, Stack, with_path

#: Between the slots of a tenant that is going to be broken, and of one that is not.
EVERY_SECONDS, OFTEN_SECONDS = 5, 2
#: Schedules of the tenant whose orders are locked: as many firings as it may have in flight.
CROWD = 50
STAFF = "staff@platform.test"
WELL = ("well-1", "well-2")
VICTIMS = (*BREAKAGES, "locked")

PROVISION = f"""
from django.contrib.auth import get_user_model
from django_celery_beat.models import PeriodicTask
from tenants.provisioning import Order, provision, register
PeriodicTask.objects.filter(task="tenants.tasks.finish_provisioning").update(enabled=False)
for slug in {(*WELL, *VICTIMS, "big")!r}:
    provision(Order(slug, slug.title()), {PASSWORD!r})
register(Order("half-made", "Half Made"))
get_user_model().objects.create_superuser({STAFF!r}, {PASSWORD!r})
"""
MEND_ROLES = """
from tenants.models import Tenant
from tenants.postgresql.roles import admit, make_role
for tenant in Tenant.objects.filter(slug__startswith="no-"):
    make_role(tenant.schema_name)
    admit([tenant.schema_name])
"""
MAKE_CROWD = """
    WITH every AS (
        INSERT INTO django_celery_beat_intervalschedule (every, period) VALUES (1, 'seconds')
        RETURNING id
    )
    INSERT INTO django_celery_beat_periodictask (name, task, interval_id, one_off, enabled, args,
        kwargs, headers, description, total_run_count, date_changed)
    SELECT 'schedule ' || n, %s, id, true, true, '[]', '{}', '{}', '', 0, now()
    FROM every, generate_series(1, %s) AS n
"""
MAKE_ORDERS = """
    INSERT INTO orders_order (number, customer, placed_at, total, currency, status, status_changed_at)
    SELECT prefix || n, '', now() - interval '99 days' - n * interval '1 second', 1, 'EUR', 'open',
        now()
    FROM (VALUES (%s)) AS given (prefix), generate_series(1, %s) AS n
"""
FINISH_OFTEN = """
    WITH every AS (
        INSERT INTO django_celery_beat_intervalschedule (every, period) VALUES (3, 'seconds')
        RETURNING id
    )
    UPDATE django_celery_beat_periodictask SET crontab_id = NULL, interval_id = every.id, enabled = true
    FROM every WHERE task = 'tenants.tasks.finish_provisioning'
"""
TROUBLE = """
    SELECT slug, trouble FROM agenda_tenantindex JOIN tenants_tenant ON tenants_tenant.id = tenant_id
"""
UNSETTLED = """
    SELECT slug, count(*) FROM agenda_firing JOIN tenants_tenant ON tenants_tenant.id = tenant_id
    WHERE agenda_firing.state <> 'settled' AND slot_at < %s AND slug = ANY(%s) GROUP BY slug
"""


class Fleet(Stack):
    """Each of its tenants is named for what is done to it."""

    schemas: dict[str, str]
    roles: dict[str, str]

    def make_tenants(self) -> None:
        self.manage("shell", "-v", "0", "-c", PROVISION)
        self.schemas = dict(self.sql("SELECT slug, schema_name FROM tenants_tenant"))
        ((installation,),) = self.sql("SELECT id FROM tenants_installation")
        self.roles = {slug: f"tb_{installation}_{name}" for slug, name in self.schemas.items()}

    def make_schedules(self) -> None:
        for slug in WELL:
            insert_every(self, self.schemas[slug], "often", OFTEN_SECONDS)
        for slug in BREAKAGES:
            insert_every(self, self.schemas[slug], "every so often", EVERY_SECONDS)

    def close_many_orders(self, prefix: str, count: int) -> None:
        """Have a tenant's run close so many orders, all of them old."""
        self.sql(MAKE_ORDERS, prefix, count, schema=self.schemas["big"])
        insert_every(self, self.schemas["big"], f"closing {prefix}", 1, one_off=True)

    # What is done to them ------------------------------------------------------------------------
    def break_all(self) -> Any:
        """Break every victim; return the connection that holds one's orders locked."""
        for slug, breakage in BREAKAGES.items():
            self.change(slug, breakage.breaking)
        holder = psycopg2.connect(self.database_url)
        with holder.cursor() as cursor:
            cursor.execute(f'LOCK TABLE "{self.schemas["locked"]}".orders_order')
        self.sql(RAISE_LIMITS, self.schemas["locked"])
        self.sql(MAKE_CROWD, CLOSING, CROWD, schema=self.schemas["locked"])
        return holder

    def mend_all(self) -> None:
        for slug, breakage in BREAKAGES.items():
            self.change(slug, breakage.mending)
        self.manage("shell", "-v", "0", "-c", MEND_ROLES)

    def change(self, slug: str, statement: str) -> None:
        text = statement.format(schema=self.schemas[slug], role=self.roles[slug])
        if "DROP ROLE" in text:
            self.as_superuser(text)
        elif text:
            self.sql(text, schema=self.schemas[slug])

    def as_superuser(self, statement: str) -> None:
        superuser = with_path(os.environ["SUPERUSER_DATABASE_URL"], self.database)
        with closing(psycopg2.connect(superuser)) as connection, connection:
            with connection.cursor() as cursor:
                cursor.execute(statement)

    def kill_provisioning(self) -> None:
        """Kill the platform's worker while it makes a tenant, and start another one."""
        self.sql(FINISH_OFTEN)
        self.wait_until(lambda: "began" in self.state_of_half_made()[1], 20, "the provisioning")
        self.stop("platform-worker", signal.SIGKILL)
        self.start_worker("platform-worker", "platform")

    # What is seen of it --------------------------------------------------------------------------
    def now(self) -> datetime:
        return self.sql("SELECT clock_timestamp()")[0][0]

    def has_run(self, slug: str) -> bool:
        return any(state == "succeeded" for _slot, state in self.runs(slug))

    def trouble(self) -> dict[str, str]:
        return {slug: reason for slug, reason in self.sql(TROUBLE) if reason}

    def unsettled(self, until: datetime) -> dict[str, int]:
        """Return how many of the victims' firings are still in flight, of slots before an instant."""
        return dict(self.sql(UNSETTLED, until, list(VICTIMS)))

    def state_of_half_made(self) -> Any:
        state = "SELECT state, state_reason FROM tenants_tenant WHERE slug = 'half-made'"
        return self.sql(state)[0]

    def page(self) -> str:
        """Return the list of tenants as the platform's staff see it."""
        staff = Person("localhost", self.web_port)
        assert "Log out" in staff.log_in(STAFF, PASSWORD).text
        return staff.get("/admin/tenants/tenant/").text.replace("&quot;", '"')
