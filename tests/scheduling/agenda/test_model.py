"""The life of slots and firings, lived at random: whatever happens in whatever order, none is lost or doubled.

A state machine of hypothesis orders schedules, changes them, lets beats and workers come, die and
repeat themselves and sets clocks; `History` knows from outside what slots there were.
"""

from typing import Any

import hypothesis
import pytest
from django.db import transaction
from django_celery_beat.models import PeriodicTask
from django_tenants.utils import tenant_context
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from scheduling import pausing, running, verdicts
from tests.scheduling.audit_of_lives import check_effects, check_end, check_ledger
from tests.scheduling.bent_clock import bend_clock
from tests.scheduling.lives import CADENCES, CHOICES, DECISIONS, FATES, SCHEDULES, Lives

#: Examples and the steps of each: few and the same each time in `make test`, many and anew otherwise.
QUICK, LONG = (20, 20), (1500, 50)
#: Seconds by which clocks go on and back.
STEPS = [59, 61, 600, 1800, 3600, 3600, 5 * 3600, 30 * 3600]
schedules, cadences = st.sampled_from(SCHEDULES), st.sampled_from(list(CADENCES))
choices, fates = st.sampled_from(CHOICES), st.sampled_from(list(FATES))
decisions, rules = st.sampled_from(list(DECISIONS)), st.sampled_from(["fixed", "usual"])
steps = st.sampled_from(STEPS)


class Life(RuleBasedStateMachine):
    tenant: Any = None
    patched: Any = None

    def __init__(self):
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.lives = Lives(self.tenant)
        # Workers would go by the real clock, which is far ahead of these lives'.
        for module in (running, verdicts):
            self.patched.setattr(module, "end_if_over", self.end_if_over)

    def teardown(self):
        try:
            self.lives.come_to_an_end()
            check_end(self.lives)
        finally:
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    def end_if_over(self, schedule_id, _now):
        return pausing.end_if_over(schedule_id, self.lives.now)

    @initialize(cadences=st.tuples(cadences, cadences), choices=st.tuples(choices, choices))
    def a_tenant_begins(self, cadences, choices):
        for name, cadence, choice in zip(SCHEDULES, cadences, choices, strict=True):
            self.lives.order(name, cadence)
            self.lives.choose(name, choice)
        self.lives.beat()

    @rule(name=schedules, seconds=steps, cadence=cadences)
    def a_schedule_is_made_or_edited(self, name, seconds, cadence):
        self.lives.pass_time(seconds)
        self.lives.order(name, cadence)

    @rule(name=schedules, seconds=steps)
    def a_schedule_is_paused_or_resumed(self, name, seconds):
        self.lives.pass_time(seconds)
        self.lives.toggle(name)

    @rule(name=schedules, seconds=steps, length=steps)
    def a_schedule_is_paused_until_a_date(self, name, seconds, length):
        self.lives.pass_time(seconds)
        self.lives.pause_until(name, length)

    @rule(name=schedules, seconds=steps, choice=choices)
    def other_policies_are_chosen(self, name, seconds, choice):
        self.lives.pass_time(seconds)
        self.lives.choose(name, choice)

    @rule(name=schedules, rule=rules)
    def runs_are_held_from_now_on_or_not(self, name, rule):
        self.lives.brake(name, rule)

    @rule(decision=decisions)
    def somebody_decides_about_a_held_run(self, decision):
        self.lives.decide(DECISIONS[decision])

    @rule(name=schedules, seconds=steps)
    def a_schedule_is_deleted(self, name, seconds):
        self.lives.pass_time(seconds)
        self.lives.delete(name)

    @rule(seconds=steps)
    def the_tenant_is_suspended_or_resumed(self, seconds):
        self.lives.pass_time(seconds)
        self.lives.toggle_tenant()

    @rule(whiles=st.lists(steps, min_size=2, max_size=6))
    def time_passes(self, whiles):
        for seconds in whiles:
            self.lives.pass_time(seconds)

    @rule()
    def all_beats_go_or_one_comes(self):
        self.lives.has_beat = not self.lives.has_beat

    @rule()
    def all_workers_go_or_one_comes(self):
        self.lives.has_worker = not self.lives.has_worker

    @rule(fates=st.lists(fates, min_size=1, max_size=6))
    def something_will_happen_to_the_next_messages(self, fates):
        self.lives.fates += fates

    @precondition(lambda self: self.lives.sent)
    @rule(data=st.data())
    def a_message_comes_again(self, data):
        self.lives.deliver(data.draw(st.sampled_from(self.lives.sent)))

    @rule()
    def the_broker_forgets_everything(self):
        self.lives.lose_messages()

    @rule(seconds=steps)
    def the_clock_goes_back(self, seconds):
        self.lives.turn_back(seconds)

    @invariant()
    def nothing_is_doubled(self):
        check_effects(self.lives)
        check_ledger(self.lives)


@pytest.fixture
def alone(acme, globex):
    """Acme without schedules and with all time before it; beat reads a clock of ours."""
    with tenant_context(acme):
        PeriodicTask.objects.all().delete()
    bend_clock()
    return acme


@pytest.mark.parametrize("size", [QUICK, pytest.param(LONG, marks=pytest.mark.long)], ids=str)
def test_whatever_happens_each_slot_has_one_state_and_one_effect(
    alone, settings, monkeypatch, size
):
    settings.FIRINGS_IN_FLIGHT_MAXIMUM = 5
    examples, length = size

    class LifeOfAcme(Life):
        tenant, patched = alone, monkeypatch

    options = hypothesis.settings(
        max_examples=examples,
        stateful_step_count=length,
        derandomize=size == QUICK,
        deadline=None,
        database=None,
        # A shorter example of a failure takes longer than a quick test may.
        phases=[hypothesis.Phase.generate] if size == QUICK else list(hypothesis.Phase),
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    run_state_machine_as_test(LifeOfAcme, settings=options)
