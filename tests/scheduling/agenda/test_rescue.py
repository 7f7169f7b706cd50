"""What is sent again, and by which proof; and what is left alone because it is merely late."""

from datetime import timedelta

import pytest
from django.db import connection

from scheduling.agenda.broker import Broker
from scheduling.agenda.models import Firing
from scheduling.agenda.outgoing import lock_outgoing
from scheduling.agenda.rescue import rescue
from tests.conftest import NOON
from tests.scheduling.builders import CLOSING, make_firing

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
HUNDRED_THOUSAND = """
    INSERT INTO agenda_firing (id, tenant_id, periodic_task_id, task, slot_at, planned_at, trigger,
        state, published_at, publications, leased_until, outcome, error)
    SELECT gen_random_uuid(), tenant, n, task, noon, noon, 'schedule',
        CASE WHEN n <= 1000 THEN 'started' ELSE 'published' END,
        noon + n * interval '36 ms', 1, noon + interval '9 hours', '', ''
    FROM (VALUES (%s, %s, %s::timestamptz)) AS given (tenant, task, noon),
        generate_series(1, 100000) AS n
"""


class Memory(Broker):
    """A broker of which a test says how much waits in its queues and whether it was emptied."""

    def __init__(self, waiting=0, is_new=False):
        self.waiting, self.forgot = waiting, is_new

    def length(self, queue):
        return self.waiting

    def is_new(self):
        return self.forgot

    def remember(self):
        self.forgot = False


@pytest.fixture(autouse=True)
def empty_ledger(db):
    Firing.objects.all().delete()


def published(tenant, seconds, number=1, publications=1, **fields):
    """Store a firing that was published so many seconds before noon, and that nobody began."""
    at = NOON - seconds * SECOND
    given = {"state": "published", "published_at": at, "publications": publications} | fields
    return make_firing(tenant, at, number, **given)


def planned():
    found = Firing.objects.filter(state="planned").order_by("periodic_task_id")
    return list(found.values_list("periodic_task_id", flat=True))


def test_what_is_late_in_a_queue_is_left_alone(acme, globex):
    published(acme, 3600)
    published(globex, 30)

    assert rescue(NOON, Memory(waiting=2)) == 0

    assert planned() == []


def test_a_queue_of_a_hundred_thousand_that_is_merely_slow_is_left_alone(acme):
    """Its workers are at its head: published by the hour, and a thousand of them begun."""
    with connection.cursor() as cursor:
        cursor.execute(HUNDRED_THOUSAND, [acme.pk, CLOSING, NOON])

    for hours in range(8):
        assert rescue(NOON + hours * 60 * MINUTE, Memory(waiting=99_000)) == 0


def test_what_workers_have_passed_over_is_lost(acme, globex):
    published(acme, 120, number=1)
    published(globex, 60, number=2, state="started", leased_until=NOON + MINUTE)
    published(globex, 50, number=3)

    assert rescue(NOON, Memory(waiting=9)) == 1

    assert planned() == [1]


def test_what_was_published_at_about_the_same_time_is_not_passed_over(acme, globex):
    """Beats mark what they published some seconds later, and several publish at once."""
    published(acme, 75, number=1)
    published(acme, 76, number=2)
    published(globex, 60, number=3, state="settled")

    rescue(NOON, Memory(waiting=9))

    assert planned() == [2]


def test_a_firing_that_was_sent_twice_proves_nothing(acme, globex):
    """Its first message may have been begun, while its second one is not reached yet."""
    published(acme, 120)
    published(globex, 60, number=2, publications=2, state="started", leased_until=NOON + MINUTE)

    assert rescue(NOON, Memory(waiting=9)) == 0


def test_a_firing_of_before_the_clock_was_set_back_proves_nothing(acme, globex):
    published(acme, 3600)
    published(globex, -3600, state="settled")

    assert rescue(NOON, Memory(waiting=2)) == 0


def test_each_queue_has_workers_of_its_own(acme, platform_tenant):
    published(acme, 120, number=1)
    published(platform_tenant, 60, number=2, state="settled", queue="platform")

    assert rescue(NOON, Memory(waiting=9)) == 0


def test_what_is_not_in_an_empty_queue_is_lost_after_twenty_seconds(acme, globex):
    published(acme, 21, number=1)
    published(globex, 19, number=2)

    rescue(NOON, Memory(waiting=0))

    assert planned() == [1]


@pytest.mark.parametrize(
    ("publications", "pause"), [(1, 20), (2, 40), (3, 80), (8, 2560), (9, 3600), (11, 3600)]
)
def test_the_oftener_it_was_sent_in_vain_the_longer_it_is_left_alone(acme, publications, pause):
    published(acme, pause - 1, number=1, publications=publications)
    published(acme, pause + 1, number=2, publications=publications)

    rescue(NOON, Memory(waiting=0))

    assert planned() == [2]


def test_a_broker_that_was_emptied_gets_all_at_once_and_once(acme, globex):
    published(acme, 1, number=1)
    published(globex, 3600, number=2, publications=20)
    published(globex, 3, number=3, state="started", leased_until=NOON + MINUTE)
    broker = Memory(waiting=0, is_new=True)

    assert rescue(NOON, broker) == 2
    assert planned() == [1, 2]

    Firing.objects.filter(state="planned").update(state="published", published_at=NOON)
    assert rescue(NOON, broker) == 0


def test_what_is_rescued_is_published_at_once(acme):
    firing = published(acme, 60)

    rescue(NOON, Memory(waiting=0))

    assert [outgoing.id for outgoing in lock_outgoing(NOON, 10)] == [str(firing.pk)]


def test_what_a_dead_worker_left_is_taken_back_when_its_lease_is_over(acme, globex):
    published(acme, 60, number=1, state="started", leased_until=NOON - SECOND, attempts=1)
    published(globex, 60, number=2, state="started", leased_until=NOON + SECOND)

    assert rescue(NOON, Memory(waiting=9)) == 1

    assert planned() == [1]
    left = Firing.objects.get(state="planned")
    assert (left.leased_until, left.attempts) == (None, 1)


def test_dead_workers_are_found_while_the_broker_is_away(acme):
    class Away(Memory):
        def is_new(self):
            raise ConnectionError("the broker is away")

    published(acme, 60, state="started", leased_until=NOON - SECOND)

    with pytest.raises(ConnectionError):
        rescue(NOON, Away())

    assert planned() == [1]


def test_what_was_sent_a_dozen_times_in_vain_is_failed(acme, globex):
    vain = published(acme, 3601, number=1, publications=12)
    other = published(globex, 3601, number=2, publications=11)

    rescue(NOON, Memory(waiting=0))

    vain.refresh_from_db()
    other.refresh_from_db()
    assert (vain.state, vain.verdict) == ("planned", "failed")
    assert "12 times" in vain.error
    assert (other.state, other.verdict, other.error) == ("planned", "", "")


def test_what_a_worker_has_put_off_is_never_failed_for_want_of_one(acme, globex):
    """It was sent often because its tenant's schema was broken; workers do know its task."""
    published(acme, 3601, number=1, publications=40, error="relation does not exist")
    published(globex, 3601, number=2, publications=40, started_at=NOON - 9 * MINUTE)

    rescue(NOON, Memory(waiting=0))

    assert planned() == [1, 2]
    assert set(Firing.objects.values_list("verdict", flat=True)) == {""}
