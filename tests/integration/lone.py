"""A worker that takes what a test writes to its broker."""

from __future__ import annotations

from django.core.signing import Signer

from scheduling.agenda.signature import HEADER, SALT, content_of
from tests.integration.rows import CLOSING

BODY = b"[[], {}, {}]"
REPORT = "orders.tasks.make_daily_report"
REFUSED = "event='message refused'"


class Lone:
    """A worker with a broker of its own on the standing stack's database."""

    name = "worker-alone"

    def __init__(self, stack, post):
        self.stack, self.post = stack, post
        self.settled, self.stray, self.of_another_task, self.suspended = self.firings(
            {"slug": "lone", "state": "settled"},
            {"slug": "lone", "state": "published"},
            {"slug": "lone", "state": "published", "task": REPORT},
            {"slug": "stopped", "state": "published"},
        )

    def firings(self, *rows):
        """Store firings that no beat touches, and return their ids."""
        program = f"""
from datetime import UTC, datetime
from uuid import uuid4
from tenants.models import Tenant
from tests.scheduling.builders import make_firing
for row in {rows!r}:
    tenant = Tenant.objects.get(slug=row.pop("slug"))
    row |= {{"pk": uuid4(), "trigger": "manual"}}
    print(make_firing(tenant, datetime.now(UTC), **row).pk)
"""
        return self.stack.manage("shell", "-v", "0", "-c", program).stdout.split()[-len(rows) :]

    def signed(self, message_id, slug="lone", task=CLOSING):
        """Return the headers that the product itself sends with a firing."""
        key = (self.stack.folder / "state" / "secret_key").read_text().strip()
        signature = Signer(key=key, salt=SALT).signature(content_of(task, message_id, (), {}))
        schema = self.stack.schema_of(slug)
        return {"task": task, "id": message_id, "_schema_name": schema, HEADER: signature}

    def lines(self, text):
        return [line for line in self.stack.log(self.name).read_text().splitlines() if text in line]

    def go_on(self):
        """Have an honest message go the same way, and return when it has come through."""
        before = len(self.lines("message repeated"))
        self.post.send(self.signed(self.settled), BODY)
        self.stack.wait_until(
            lambda: self.ended() or len(self.lines("message repeated")) > before, 20, "an answer"
        )
        assert not self.ended(), self.stack.logs()

    def ended(self):
        return self.stack.processes[self.name].poll() is not None

    def refusal_of(self, *message):
        """Send a message and return the one line by which it was refused."""
        before = len(self.lines(REFUSED))
        self.post.send(*message)
        self.stack.wait_until(
            lambda: self.ended() or len(self.lines(REFUSED)) > before, 20, "a refusal"
        )
        self.go_on()
        (refusal,) = self.lines(REFUSED)[before:]
        assert "security_event='message_refused'" in refusal
        return refusal
