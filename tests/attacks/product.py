"""The product under attack: the standing stack of real processes, with two tenants of these tests."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from tests.attacks.site import ATTACKER, CLEARING, STAFF, VICTIM, Site
from tests.integration.person import Person
from tests.integration.stack import PASSWORD

SCHEDULES = "/admin/scheduling/schedule/"
SEEDED = "Close old orders"


class Product(Site):
    users = "accounts/user"
    schedules = "scheduling/schedule"
    new_user = {"email": "helper@mallory.test", "role": "viewer"}
    new_schedule = {"crontab": "0 0 1 1 *", "task": CLEARING}
    users_table = "accounts_user"
    sessions_table = "accounts_session"
    new_session = {"user_agent": "", "created_at": "2001-01-01", "seen_at": "2001-01-01"}

    def provision(self) -> None:
        for slug in (ATTACKER, VICTIM):
            self.stack.provision(slug, owner_email=f"owner@{slug}.test")
        make = "from tenants.accounts.models import User; User.objects.create_superuser"
        self.python(f"{make}({STAFF!r}, {PASSWORD!r})")

    @cached_property
    def victim(self) -> Person:
        return self.logged_in(VICTIM)

    def shows(self, damage: Callable[[], Any]) -> bool:
        self.stack.wait_until(self.is_read, 15, "beat to read the attacker's rows")
        before = self.honest_runs()
        row = "SELECT id FROM django_celery_beat_periodictask WHERE name = %s"
        ticked = str(self.one(row, SEEDED, of=VICTIM))
        self.victim.submit(SCHEDULES, action="run_now", _selected_action=ticked)
        self.stack.wait_until(lambda: self.honest_runs() > before, 30, "an honest run")
        return bool(damage())

    def newcomer(self, **columns: Any) -> str:
        usual = {"name": "x", "timezone": "UTC", "currency": "EUR", "created_at": "2001-01-01"}
        empty = {"state_reason": "", "owner_email": "", "sessions_epoch": 0}
        return super().newcomer(**usual, **empty, **columns)

    def clean(self) -> None:
        super().clean()
        self.sql("UPDATE tenants_tenant SET state = 'failed' WHERE state = 'provisioning'")

    def honest_runs(self) -> int:
        return len([state for _slot, state in self.stack.runs(VICTIM) if state == "succeeded"])

    def is_read(self) -> bool:
        """Whether beat has understood each row of the attack's, and fired or set it aside."""
        rows = "SELECT count(*) FROM django_celery_beat_periodictask WHERE name LIKE 'attack%%' AND enabled"
        taken = (
            "SELECT count(*) FROM agenda_dueslot AS slot WHERE name LIKE 'attack%%' AND (problem <> ''"
            " OR EXISTS (SELECT FROM agenda_firing AS firing WHERE state = 'settled'"
            "  AND (firing.tenant_id, firing.periodic_task_id) = (slot.tenant_id, slot.periodic_task_id)))"
        )
        unread = "SELECT count(*) FROM agenda_schedulechange"
        return not self.one(unread) and self.one(taken) >= self.one(rows, of=ATTACKER)
