"""Schedules of one tenant with a beat, a broker and workers, all in the test's own hands."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from celery import current_app
from celery.exceptions import Reject
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from django_tenants.utils import tenant_context

from scheduling.agenda.clock_steps import follow_clock
from scheduling.agenda.dispatch import publish_planned
from scheduling.agenda.holding import hasten_released
from scheduling.agenda.models import Firing, NewestInstant
from scheduling.agenda.pause_ends import tell_ended_pauses
from scheduling.agenda.planning import plan_held
from scheduling.agenda.reindex import reindex_changed
from scheduling.agenda.rescue import rescue
from scheduling.agenda.versions import capture
from scheduling.approving import approve, dismiss
from scheduling.models import Brake, Hold, Pause, Policy, Run
from scheduling.tasks import record_verdict
from tenants import lifecycle
from tests.scheduling import sample_tasks
from tests.scheduling.bent_clock import set_clock
from tests.scheduling.builders import make_crontab, make_periodic_task, take_all
from tests.scheduling.delivery import deliver
from tests.scheduling.history import History, Order, Rhythm

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
#: Before any real clock, so that what workers date by that one is later than all else.
BEGINNING = datetime(2024, 11, 24, 12, 0, tzinfo=UTC)
LONG_AGO, LONG_AFTER = BEGINNING - 365 * DAY, BEGINNING + 300 * DAY
ROUNDS_MAXIMUM = 300

TASKS = {"single": sample_tasks.tracing, "steps": sample_tasks.tracing_steps}
SCHEDULES = list(TASKS)
CADENCES = {
    "20 * * * *": Rhythm(HOUR, HOUR / 3),
    "*/30 * * * *": Rhythm(HOUR / 2, timedelta(0)),
    "0 3 * * *": Rhythm(DAY, 3 * HOUR),
    "5400 seconds": Rhythm(1.5 * HOUR),
}
CHOICES = [
    {},
    {"catch_up": "skip"},
    {"catch_up": "all", "catch_up_window": 6 * 3600},
    {"overlap": "wait", "retries": 0},
    {"overlap": "allow", "catch_up": "all"},
    {"spread_minutes": 25, "catch_up": "all"},
    {"spread_minutes": 60},
]
#: What becomes of a message that a worker gets.
FATES = {
    "all goes well": None,
    "the worker dies in the body": SystemExit("killed"),
    "the body fails": ValueError("failed"),
    "the worker dies before it has settled it": None,
}
#: What becomes of a run that is held.
DECISIONS = {
    "it is approved": lambda run: approve(run, "ann@acme.test", seen=1),
    "it is dismissed": lambda run: dismiss(run, "bob@acme.test"),
    "nobody decides": lambda run: Hold.objects.filter(pk=run).update(expires_at=LONG_AGO),
}


@dataclass
class Broker:
    """A broker that was started anew, or not. What it has been sent, `Lives` knows."""

    is_started_anew: bool = False

    def is_new(self):
        return self.is_started_anew

    def remember(self):
        self.is_started_anew = False

    def length(self, queue):
        return 1


class Lives:
    """Two schedules of one tenant, a beat, a queue and its workers, and a clock."""

    def __init__(self, tenant):
        self.tenant, self.now = tenant, BEGINNING
        #: The latest that the clock ever showed, and from where to where it was turned back.
        self.latest, self.turns = BEGINNING, []
        self.history = History()
        self.has_beat, self.has_worker = True, True
        self.queue, self.sent, self.fates = [], [], []
        #: The same ids in each life, for spreads and the order of messages follow from them.
        self.numbers = count(1_000_000)
        #: By name of the schedule: the id of its row, and what it is told to be.
        self.ids, self.orders, self.is_suspended = {}, {}, False
        #: By name of the schedule: until when it is paused; and whether any ever was.
        self.ends, self.had_ends = {}, False
        with tenant_context(tenant):
            self.columns = {cadence: columns_of(cadence) for cadence in CADENCES}
        set_clock(self.now)
        NewestInstant.objects.update_or_create(defaults={"at": self.now})

    # What the tenant and the platform's staff do.

    def order(self, name, cadence):
        """Give a schedule a cadence, making the schedule where there is none."""
        with tenant_context(self.tenant):
            if name not in self.ids:
                self.ids[name] = next(self.numbers)
                make_periodic_task(pk=self.ids[name], name=name, task=TASKS[name].name)
            PeriodicTask.objects.filter(pk=self.ids[name]).update(**self.columns[cadence])
        told = self.orders.get(name, Order(CADENCES[cadence]))
        self.tell(name, replace(told, rhythm=CADENCES[cadence]))

    def toggle(self, name):
        if name in self.ids:
            is_paused = self.orders[name].state == "paused"
            self.ends.pop(name, None)
            with tenant_context(self.tenant):
                # As our pages do: a row may be paused whose pause is over, and no worker was there.
                Pause.objects.filter(pk=self.ids[name]).delete()
                PeriodicTask.objects.filter(pk=self.ids[name]).update(enabled=is_paused)
            state = "active" if is_paused else "paused"
            self.tell(name, replace(self.orders[name], state=state, until=None))

    def pause_until(self, name, seconds):
        """Pause a schedule, or move the end of its pause, to so many seconds from now."""
        if name in self.ids:
            self.ends[name], self.had_ends = self.now + seconds * SECOND, True
            with tenant_context(self.tenant):
                Pause.objects.filter(pk=self.ids[name]).delete()
                PeriodicTask.objects.filter(pk=self.ids[name]).update(enabled=False)
                Pause.objects.create(pk=self.ids[name], by="ann", until_at=self.ends[name])
            self.tell(name, replace(self.orders[name], state="paused", until=self.ends[name]))

    def choose(self, name, choice):
        if name in self.ids:
            with tenant_context(self.tenant):
                Policy.objects.filter(pk=self.ids[name]).delete()
                Policy.objects.create(pk=self.ids[name], **choice)
            self.tell(name, replace(self.orders[name], policies=tuple(choice.items())))

    def brake(self, name, rule):
        """Have the runs of a schedule held from now on, or not."""
        if name in self.ids:
            with tenant_context(self.tenant):
                Brake.of(self.ids[name]).choose(rule, 0 if rule == "fixed" else None)

    def decide(self, decide):
        """Decide about a run that is held, if there is one; or let its time pass."""
        with tenant_context(self.tenant):
            held = Run.objects.held().order_by("pk").first()
            if held:
                decide(held.pk)

    def delete(self, name):
        if name in self.ids:
            with tenant_context(self.tenant):
                PeriodicTask.objects.filter(pk=self.ids.pop(name)).delete()
            del self.orders[name]
            self.ends.pop(name, None)
            self.commit()

    def toggle_tenant(self):
        (lifecycle.resume if self.is_suspended else lifecycle.suspend)("acme")
        self.is_suspended = not self.is_suspended
        self.commit()

    def tell(self, name, order):
        self.orders[name] = order
        self.commit()

    def commit(self):
        """Write versions as a commit does, which no test reaches; and note outside what was ordered."""
        set_clock(self.now)
        capture(self.tenant.schema_name)
        self.note_outside(self.now)

    def note_outside(self, now):
        told = {self.ids[name]: order for name, order in self.orders.items()}
        if self.is_suspended:
            told = {pk: suspended(order) for pk, order in told.items()}
        self.history.commit(told, now)

    # What clocks, beats, brokers and workers do.

    def pass_time(self, seconds):
        """Let time pass, and at its end whoever is there do what there is to do."""
        self.now += seconds * SECOND
        self.latest = max(self.latest, self.now)
        self.end_pauses()
        self.let_go_by()
        if self.has_beat:
            self.beat()
        if self.has_worker:
            self.work_off()

    def end_pauses(self):
        """Know of pauses that have ended, whoever is there or is not: a slot at the end fires."""
        for name, end in sorted(self.ends.items(), key=lambda item: item[1]):
            if end <= self.now:
                del self.ends[name]
                order = replace(self.orders[name], state="active", until=None)
                self.orders[name] = order
                self.note_outside(end if order.rhythm.offset is None else end - MICROSECOND)

    def let_go_by(self):
        """Have leases and pauses end that began with the real clock, which no test can wait for."""
        Firing.objects.filter(state="started").update(leased_until=LONG_AGO)
        Firing.objects.filter(publish_at__gt=LONG_AFTER).update(publish_at=self.now)

    def turn_back(self, seconds):
        """Not where pauses may have ended by a clock that was ahead: what a worker did then, nobody knows."""
        if self.had_ends:
            return
        self.now -= seconds * SECOND
        self.turns.append((self.now, self.latest))

    def beat(self, broker=None):
        set_clock(self.now)
        if follow_clock(lambda: self.now):
            self.history.go_back(self.now)
        take_all(self.now)
        tell_ended_pauses(self.now)
        reindex_changed(self.now)
        take_all(self.now)
        plan_held(self.now)
        hasten_released(self.now)
        rescue(self.now, broker or Broker())  # type: ignore[arg-type]  # asked for as much
        publish_planned(self.take_over, self.now)

    def take_over(self, firings):
        # No others: the platform's housekeeping goes by the real clock and would delete all runs.
        own = [
            Firing.objects.select_related("tenant").get(pk=firing.id)
            for firing in firings
            if firing.tenant_id == self.tenant.pk
        ]
        self.queue.extend(own)
        self.sent.extend(own)
        return len(firings)

    def lose_messages(self):
        self.queue.clear()
        self.beat(Broker(is_started_anew=True))

    def work_off(self):
        while self.queue:
            self.meet(self.queue.pop(0), self.fates.pop(0) if self.fates else "all goes well")

    def deliver(self, message, fault=None):
        """Give a worker a message, which maybe dies or fails of it."""
        sample_tasks.faults[:] = [fault] if fault else []
        task = record_verdict if message.verdict else current_app.tasks[message.task]
        try:
            deliver(task, message)
        except SystemExit:
            return
        except Reject:
            assert not Firing.objects.get(pk=message.pk).tenant.is_active
        finally:
            sample_tasks.faults.clear()

    def meet(self, message, fate):
        """Give a worker a message; what becomes of it is one of FATES."""
        own = Firing.objects.filter(pk=message.pk)
        was_settled = own.filter(state="settled").exists()
        self.deliver(message, FATES[fate])
        if fate == "the worker dies before it has settled it" and not was_settled:
            own.filter(state="settled").update(state="started", leased_until=LONG_AGO)

    def come_to_an_end(self):
        """Let all that is under way end, and so all schedules."""
        self.now = self.latest
        if self.is_suspended:
            self.toggle_tenant()
        for name in list(self.ids):
            self.delete(name)
        self.has_beat = self.has_worker = True
        self.fates.clear()
        for _ in range(ROUNDS_MAXIMUM):
            with tenant_context(self.tenant):
                Hold.objects.open().update(expires_at=LONG_AGO)
            self.pass_time(61)
            if not self.queue and not Firing.objects.in_flight_of([self.tenant.pk]).exists():
                return
        raise AssertionError("it goes on for ever")


def columns_of(cadence):
    """Return what a row says of a cadence, one crontab or interval for all schedules that have it."""
    if cadence.endswith("seconds"):
        every = IntervalSchedule.objects.create(every=cadence.split()[0], period="seconds")
        return {"interval": every, "crontab": None}
    return {"interval": None, "crontab": make_crontab(cadence)}


def suspended(order):
    if order.state != "paused":
        return replace(order, state="suspended")
    # What follows a pause until a date is then another, and so is written anew with the pause.
    return replace(order, policies=(*order.policies, "suspended")) if order.until else order
