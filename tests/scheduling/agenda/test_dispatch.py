from datetime import timedelta

import pytest
from celery import current_app
from kombu import Connection

from scheduling.agenda import dispatch
from scheduling.agenda.dispatch import Publisher, publish_planned
from scheduling.agenda.models import Firing
from scheduling.agenda.outgoing import Outgoing
from scheduling.tasks import record_verdict
from tests.conftest import NOON, broker_database
from tests.scheduling.builders import CLOSING, make_firing

MINUTE = timedelta(minutes=1)


@pytest.fixture
def broker():
    """An empty database of the real broker, and what stands in its queues."""
    app = current_app
    before, app.conf.broker_write_url = app.conf.broker_write_url, broker_database(5)
    with Connection(broker_database(5)) as connection:
        connection.default_channel.client.flushdb()
        yield connection
        connection.default_channel.client.flushdb()
    app.conf.broker_write_url = before


def messages(broker, queue="celery"):
    bound = current_app.amqp.queues[queue](broker.default_channel)
    return list(iter(lambda: bound.get(no_ack=True, accept=["json"]), None))


def test_a_planned_firing_becomes_one_message(acme, broker):
    firing = make_firing(acme, NOON)

    assert publish_planned(Publisher(current_app), NOON) == 1
    assert publish_planned(Publisher(current_app), NOON) == 0

    (message,) = messages(broker)
    assert message.headers["id"] == str(firing.pk)
    assert message.headers["task"] == CLOSING
    assert message.headers["_schema_name"] == acme.schema_name
    assert message.payload[:2] == [[], {}]


def test_a_published_firing_is_marked(acme, broker):
    firing = make_firing(acme, NOON)

    publish_planned(Publisher(current_app), NOON)

    firing.refresh_from_db()
    assert (firing.state, firing.publications) == (Firing.State.PUBLISHED, 1)
    assert firing.published_at is not None


def test_a_verdict_goes_to_whoever_writes_it_down(acme, globex, broker):
    make_firing(acme, NOON, verdict="missed")

    publish_planned(Publisher(current_app), NOON)

    assert [message.headers["task"] for message in messages(broker)] == [record_verdict.name]


def test_the_platforms_own_firings_go_to_its_own_queue(acme, broker, platform_tenant):
    make_firing(platform_tenant, NOON, task="scheduling.agenda.tasks.reconcile_schedules")

    publish_planned(Publisher(current_app), NOON)

    assert len(messages(broker, "platform")) == 1
    assert messages(broker) == []


def test_what_the_broker_did_not_take_stays_planned_and_is_sent_later(acme, globex):
    firing = make_firing(acme, NOON)
    sent: list[Outgoing] = []

    def refuse(_firings):
        raise ConnectionError("the broker is away")

    with pytest.raises(ConnectionError):
        publish_planned(refuse, NOON)
    firing.refresh_from_db()
    assert firing.state == Firing.State.PLANNED
    publish_planned(sent.extend, NOON)

    assert [outgoing.id for outgoing in sent] == [str(firing.pk)]


def test_what_a_slow_broker_took_is_marked_and_the_rest_stays_planned(acme, globex):
    first = make_firing(acme, NOON)
    second = make_firing(globex, NOON + timedelta(seconds=1))

    assert publish_planned(lambda _firings: 1, NOON) == 1

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("published", "planned")


def test_publishing_ends_with_its_budget(acme, globex, broker, monkeypatch):
    for number, tenant in enumerate((acme, globex)):
        make_firing(tenant, NOON, number)
    monkeypatch.setattr(dispatch, "BUDGET_SECONDS", 0)
    monkeypatch.setattr(dispatch, "AT_ONCE", 1)

    assert publish_planned(Publisher(current_app), NOON) == 1
    assert publish_planned(Publisher(current_app), NOON) == 1

    assert len(messages(broker)) == 2


def test_a_broker_that_does_not_answer_is_an_error_at_once(acme):
    make_firing(acme, NOON)
    before = current_app.conf.broker_write_url
    current_app.conf.broker_write_url = "redis://127.0.0.1:1/0"
    try:
        with pytest.raises(Exception, match=r"(?i)connect"):
            publish_planned(Publisher(current_app), NOON)
    finally:
        current_app.conf.broker_write_url = before


def test_firings_without_a_tenant_do_not_stand_before_the_others(acme, globex, broker):
    """As after half a restore: no statement of ours leaves one."""
    lost, own = make_firing(acme, NOON - MINUTE), make_firing(globex, NOON)
    Firing.objects.filter(pk=lost.pk).update(tenant_id=987_654_321)

    assert publish_planned(Publisher(current_app), NOON, limit=1) == 1
    assert publish_planned(Publisher(current_app), NOON, limit=1) == 1

    assert [message.headers["id"] for message in messages(broker)] == [str(own.pk)]
    lost.refresh_from_db()
    assert (lost.state, lost.error) == ("planned", "There is no such tenant.")
    assert lost.publish_at > NOON
