"""From where an interval without a start time counts: the last change of what says when."""

from datetime import timedelta

import pytest
from django_celery_beat.models import IntervalSchedule

from scheduling.models import Policy
from tests.conftest import NOON
from tests.scheduling.builders import reindex_at
from tests.scheduling.indexing import edit, inside, store, versions_of

pytestmark = pytest.mark.usefixtures("indexed")

HOUR = timedelta(hours=1)


@pytest.fixture
def interval(acme):
    """A schedule of every ten minutes, counted from noon."""
    with inside(acme):
        every = IntervalSchedule.objects.create(every=10, period="minutes")
    return store(acme, interval=every)


HARMLESS = {"name": "new"}, {"kwargs": '{"days": 7}'}, {"headers": "[]"}, {"args": "[1]"}


@pytest.mark.parametrize("fields", HARMLESS, ids=str)
def test_an_interval_keeps_its_anchor_when_something_else_changes(acme, interval, fields):
    edit(acme, interval, **fields)
    reindex_at(acme.schema_name, NOON + HOUR)

    before, after = versions_of(acme, interval)
    assert before.anchor_at == after.anchor_at == NOON
    assert after.from_at == NOON + HOUR


def test_an_interval_keeps_its_anchor_when_its_policy_changes(acme, interval):
    with inside(acme):
        Policy.objects.create(periodic_task_id=interval.pk, overlap="wait")
    reindex_at(acme.schema_name, NOON + HOUR)

    assert versions_of(acme, interval)[-1].anchor_at == NOON


TELLING = {"one_off": True}, {"task": "sample.single"}, {"expires": NOON + 9 * HOUR}


@pytest.mark.parametrize("fields", TELLING, ids=str)
def test_an_interval_counts_anew_when_what_says_when_changes(acme, interval, fields):
    edit(acme, interval, **fields)
    reindex_at(acme.schema_name, NOON + HOUR)

    assert versions_of(acme, interval)[-1].anchor_at == NOON + HOUR


def test_an_interval_counts_anew_when_its_length_changes(acme, interval):
    with inside(acme):
        IntervalSchedule.objects.update(every=20)
    reindex_at(acme.schema_name, NOON + HOUR)

    assert versions_of(acme, interval)[-1].anchor_at == NOON + HOUR


def test_an_interval_counts_anew_after_a_pause(acme, interval):
    for hours, enabled in enumerate((False, True), start=1):
        edit(acme, interval, enabled=enabled)
        reindex_at(acme.schema_name, NOON + hours * HOUR)

    assert versions_of(acme, interval)[-1].anchor_at == NOON + 2 * HOUR
