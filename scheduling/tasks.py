"""The base classes of all tasks. They fail closed: in the wrong place, the body does not run."""

import time
from typing import Any

import structlog
from celery import shared_task
from celery.exceptions import Reject
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django_tenants.postgresql_backend.base import FakeTenant
from django_tenants.utils import tenant_context
from tenant_schemas_celery.task import TenantTask as SchemaSwitchingTask

from scheduling.agenda import ledger
from scheduling.agenda.beginning import begin_at_once
from scheduling.agenda.halts import Hindered, halt
from scheduling.agenda.ledger import (
    ATTEMPTS_MAXIMUM,
    DIED_TEXT,
    Outcome,
    Refused,
    TenantSuspended,
)
from scheduling.agenda.models import Firing
from scheduling.agenda.outgoing import RECORD_TASK
from scheduling.agenda.refusal import log_refusal
from scheduling.agenda.signature import HEADER, is_genuine
from scheduling.agenda.stopping import STOPPED_TEXT
from scheduling.plain import error_text
from scheduling.running import perform
from scheduling.verdicts import record
from tenants.models import Tenant
from tenants.schema import PUBLIC, current_schema, in_public_schema, renew_session
from wording.sentences import Sentence
from wording.sentences import noop as _

logger = structlog.get_logger(__name__)

#: Before a message goes back to the broker because Postgres is away, so that it does not spin.
PAUSE_SECONDS = 1.0
GIVEN_UP = Sentence(_("The tenant was %(state)s after this slot was taken."), terms=["state"])


class LedgerTask(SchemaSwitchingTask):
    """A task that runs for a firing of the ledger, whatever its message says."""

    abstract = True
    #: Else tenant-schemas-celery looks through Celery's settings for them, twice for each task.
    tenant_databases = ("default",)

    @classmethod
    def get_tenant_for_schema(cls, schema_name: str) -> FakeTenant:
        """Return what tenant-schemas-celery switches by: a name, asked of nobody.

        Whether there is such a tenant, and whether it is active, is read with the firing each time;
        what was remembered could let a suspended tenant's task run.
        """
        return FakeTenant(schema_name=schema_name)

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        try:
            renew_session()
            self.prove_sender()
            self.fulfil(self.request.id)
        except Refused as refusal:
            log_refusal(str(refusal), task=self.name, id=self.request.id)
            raise Reject(str(refusal), requeue=False) from refusal
        except (OperationalError, InterfaceError) as error:
            self.give_back(error)

    def prove_sender(self) -> None:
        """Refuse a message that somebody else wrote, before anything that it says is looked at."""
        request = self.request
        if not is_genuine(request.get(HEADER), self.name, request.id, request.args, request.kwargs):
            raise Refused("the signature is not ours")

    def fulfil(self, firing_id: str | None) -> None:
        firing = begin_at_once(firing_id, self.name, current_schema(), ledger.LEASE)
        firing = firing or self.begin_with_care(firing_id)
        if firing is None:
            return
        try:
            outcome = self.outcome_of(firing)
        except Hindered as hindrance:
            halt(firing, str(hindrance))
        else:
            if outcome:
                ledger.settle(firing, outcome)

    def begin_with_care(self, firing_id: str | None) -> Firing | None:
        """Find out what speaks against a firing; return it, begun, if it is only that it is a rare one."""
        try:
            firing = ledger.wanted(firing_id, self.name)
        except TenantSuspended as refusal:
            self.give_up(refusal.firing)
            raise
        if firing is None:
            logger.info("message repeated", task=self.name, id=firing_id)
            return None
        self.prove_schema(firing)
        if not ledger.begin(firing):
            logger.info("nothing to do now", task=self.name, id=firing_id)
            return None
        return firing

    def give_up(self, firing: Firing) -> None:
        """Settle a firing whose tenant was suspended, or is about to be deleted, after it was taken."""
        is_suspended = firing.tenant.state == Tenant.State.SUSPENDED
        firing.verdict = Firing.Verdict.SUSPENDED if is_suspended else Firing.Verdict.CANCELLED
        firing.error = GIVEN_UP(state=firing.tenant.state)
        try:
            ledger.settle(firing, record(firing))
        except Hindered:
            ledger.settle(firing, Outcome(firing.verdict, firing.error))

    def prove_schema(self, firing: Firing) -> None:
        """Refuse to go on unless tenant-schemas-celery switched to this firing's schema.

        It switches in a signal handler, whose errors Celery logs and swallows.
        """
        switched, named = current_schema(), self.request.get("_schema_name")
        if switched == PUBLIC and named == firing.tenant.schema_name != PUBLIC:
            # The look-up itself failed, as it does while Postgres comes and goes.
            raise OperationalError("the schema could not be switched")
        if switched != firing.tenant.schema_name:
            raise Refused(f"the message is for schema '{switched}'")

    def outcome_of(self, firing: Firing) -> Outcome | None:
        """Do the work and return how it ended; None when it is to be tried again."""
        raise NotImplementedError

    def give_back(self, error: Exception) -> None:
        """Return the message to the broker when Postgres went away; a later try finishes the run."""
        logger.warning("Postgres went away", task=self.name, id=self.request.id, reason=str(error))
        connection.close()
        time.sleep(PAUSE_SECONDS)
        raise Reject(str(error), requeue=True) from error


class TenantTask(LedgerTask):
    """Runs the body inside the tenant's schema, and writes what came of it as a Run."""

    abstract = True

    def outcome_of(self, firing: Firing) -> Outcome | None:
        if firing.verdict:
            return record(firing)
        if not getattr(self, "schedulable", False):
            raise Refused("tenants cannot schedule this task")
        with tenant_context(firing.tenant):
            return perform(firing, self)


class PlatformTask(LedgerTask):
    """Runs the body in the public schema, for a firing of the platform or sent by our own code."""

    abstract = True
    queue = "platform"

    def fulfil(self, firing_id: str | None) -> None:
        if not in_public_schema():
            raise Refused(f"a platform task in schema '{current_schema()}'")
        if settings.PROCESS == "worker":
            # Somebody put it into the tenants' queue. The platform's worker does it, after the rescue.
            raise Refused("a platform task in a tenants' worker")
        if ledger.find(firing_id):
            super().fulfil(firing_id)
        else:
            self.run(*self.request.args, **self.request.kwargs)

    def outcome_of(self, firing: Firing) -> Outcome:
        if firing.stop_requested_at:
            return Outcome("cancelled", STOPPED_TEXT)
        if firing.attempts > ATTEMPTS_MAXIMUM:
            return Outcome("failed", DIED_TEXT)
        try:
            self.run()
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            logger.exception("platform task failed", task=self.name)
            return Outcome("failed", error_text(error))
        return Outcome("succeeded")


@shared_task(name=RECORD_TASK)
def record_verdict() -> None:
    """Have a worker write down slots that were missed, skipped, paused or the like.

    The message of a firing with a verdict names this task; `TenantTask` does it. It has no body.
    """
