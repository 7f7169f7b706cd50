"""The database's clock set back: schedules that were changed, and slots given up, while it was ahead."""

from datetime import timedelta

import pytest
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from django_tenants.utils import tenant_context

from saas.celery import app
from scheduling.accounting import Span, close_books
from scheduling.agenda.beat import AgendaScheduler
from scheduling.agenda.clock import NewestInstant, database_now
from scheduling.agenda.clock_steps import follow_clock
from scheduling.agenda.limits import decide
from scheduling.agenda.models import DueSlot, Firing, ScheduleVersion
from scheduling.agenda.planning import plan_due
from scheduling.agenda.versions import capture
from scheduling.models import Run
from scheduling.verdicts import write_verdict
from tests.attacks.test_logins import attempt
from tests.scheduling.builders import make_firing, make_periodic_task, reindex_at

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def ahead(acme, globex):
    """Three hours ahead of now, how far the clock had come."""
    for tenant in (acme, globex):
        with tenant_context(tenant):
            PeriodicTask.objects.all().delete()
        reindex_at(tenant.schema_name, database_now() - 10 * DAY)
    at = database_now() + 3 * HOUR
    NewestInstant.objects.create(at=at)
    return at


def store(tenant, at, every=None, **fields):
    """Store a schedule that was written at an instant, and have beat read it; return its row."""
    with tenant_context(tenant):
        if every:
            fields["interval"] = IntervalSchedule.objects.create(every=every, period="seconds")
        row = make_periodic_task(**fields)
    reindex_at(tenant.schema_name, at)
    return row


def edit(tenant, at, row, **fields):
    with tenant_context(tenant):
        PeriodicTask.objects.filter(pk=row.pk).update(**fields)
    reindex_at(tenant.schema_name, at)


def history(tenant):
    versions = ScheduleVersion.objects.filter(tenant=tenant, row__name="made by a test")
    return list(versions.order_by("from_at", "pk"))


def slot_of(tenant):
    return DueSlot.objects.of(tenant).get()


def test_a_schedule_made_while_the_clock_was_ahead_holds_from_now(acme, ahead):
    store(acme, ahead, crontab="* * * * *")
    before = database_now()

    follow_clock()

    (version,) = history(acme)
    assert before <= version.from_at <= database_now()
    assert before < slot_of(acme).due_at <= before + MINUTE + SECOND


def test_a_beat_follows_the_clock_before_its_first_look_also_without_a_broker(acme, ahead):
    store(acme, ahead, crontab="* * * * *")
    make_firing(acme, ahead - 4 * HOUR)
    beat = Unplugged(app)

    assert beat.tick() == 1.0

    assert slot_of(acme).due_at <= database_now() + MINUTE


class Unplugged(AgendaScheduler):
    """A beat that cannot reach its broker, and that keeps the connection of the test after that."""

    def __init__(self, app):
        super().__init__(app)
        self.publisher = None

    def pause_after(self, error):
        return 1.0


def test_an_interval_made_while_the_clock_was_ahead_goes_on_in_its_steps(acme, globex, ahead):
    decide(acme, least_interval_seconds=7)
    for tenant, seconds in ((acme, 7), (globex, 3 * 86400)):
        store(tenant, ahead, seconds)
    before = database_now()

    follow_clock()

    for tenant, seconds in ((acme, 7), (globex, 3 * 86400)):
        due_at, every = slot_of(tenant).due_at, timedelta(seconds=seconds)
        assert before < due_at <= database_now() + every
        assert (ahead - due_at) % every == timedelta(0)


def test_changes_made_while_the_clock_was_ahead_leave_a_history_without_gaps(acme, ahead):
    row = store(acme, ahead - DAY)
    edit(acme, ahead, row, kwargs='{"days": 8}')
    with tenant_context(acme):
        PeriodicTask.objects.update(kwargs='{"days": 9}')
    capture(acme.schema_name)

    follow_clock()

    first, second, third = history(acme)
    assert first.from_at == ahead - DAY
    assert first.to_at == second.from_at == second.to_at == third.from_at < database_now()
    assert third.to_at is None


def test_what_was_over_before_stays_as_it_was(acme, globex, ahead):
    row = store(acme, ahead - 9 * DAY)
    edit(acme, ahead - 8 * DAY, row, enabled=False)
    store(globex, ahead - DAY)
    before = [history(tenant) for tenant in (acme, globex)]
    told = [vars(version) | {"_state": None} for versions in before for version in versions]

    follow_clock()

    after = [history(tenant) for tenant in (acme, globex)]
    assert told == [vars(version) | {"_state": None} for versions in after for version in versions]


def test_a_one_off_made_while_the_clock_was_ahead_fires_once(acme, ahead):
    store(acme, ahead, 60, one_off=True)

    follow_clock()
    due_at = slot_of(acme).due_at
    for at in (due_at, due_at + HOUR, ahead + MINUTE, ahead + DAY):
        plan_due(at)

    assert due_at < ahead
    assert [firing.slot_at for firing in Firing.objects.filter(tenant=acme)] == [due_at]


@pytest.mark.parametrize("every", [0, -5, 2**31 - 1])
def test_an_interval_without_sense_stops_nobody(acme, globex, ahead, every):
    store(acme, ahead, every or 1)
    version = history(acme)[0]
    row = version.row | {"interval__every": every, "interval__period": "days"}
    ScheduleVersion.objects.filter(pk=version.pk).update(row=row)
    store(globex, ahead, 60)

    assert follow_clock()

    assert slot_of(globex).due_at < ahead


@pytest.mark.django_db
def test_beat_cannot_rewrite_what_was():
    changed = "UPDATE agenda_scheduleversion SET from_at = now()"
    with pytest.raises(Exception, match="permission denied"):
        attempt("beat", changed)
    assert attempt("beat", "SELECT agenda_forget_future() <= clock_timestamp()") == [(True,)]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["web", "worker", "platform"])
def test_nobody_else_may_forget_the_future(kind):
    with pytest.raises(Exception, match="permission denied"):
        attempt(kind, "SELECT agenda_forget_future()")


def test_the_books_balance_after_a_step_forwards_and_back(acme, ahead):
    now = database_now()
    row = store(acme, now - HOUR, crontab="* * * * *")
    plan_due(ahead)
    settle_all(acme)

    follow_clock()
    while slot_of(acme).due_at <= ahead + 10 * MINUTE:
        plan_due(slot_of(acme).due_at)
        settle_all(acme)

    books = close_books([acme], Span(now - HOUR, ahead), ahead + HOUR)
    assert row.pk == slot_of(acme).periodic_task_id
    assert (books.unaccounted, books.surplus) == ([], [])
    assert books.expected == books.accounted > 200


def settle_all(tenant):
    """Do what a worker does with all that is planned for a tenant: write its run, and settle it."""
    for firing in Firing.objects.in_flight().filter(tenant=tenant).select_related("tenant"):
        if firing.verdict:
            with tenant_context(tenant):
                write_verdict(firing)
        else:
            run(firing)
    Firing.objects.filter(tenant=tenant).update(state="settled")


def run(firing):
    slot = {"periodic_task_id": firing.periodic_task_id, "slot_at": firing.slot_at}
    with tenant_context(firing.tenant):
        Run.objects.create(**slot, trigger=firing.trigger, state="succeeded")
