"""Two minutes of chaos; and the checker finds in real books what is planted there."""

import pytest

from tests.chaos.checker import check
from tests.chaos.experiment import Size, experiment
from tests.chaos.report import as_text, report

pytestmark = pytest.mark.integration

MINUTES, SEED = 1.25, 4


@pytest.fixture(scope="module")
def trial():
    """An experiment that is over, whose database is still there."""
    with experiment(Size.of(MINUTES), SEED) as trial:
        trial.run()
        yield trial


@pytest.fixture
def plant(trial):
    """Change the books behind the triggers' back; return what that adds to the findings."""

    def change(statement):
        before = check(trial.books()).findings
        trial.product.witness(f"SET session_replication_role = replica; {statement}")
        after = check(trial.books()).findings
        return {name: set(after[name]) - set(before[name]) for name in after}

    return change


@pytest.fixture
def run(trial):
    """A run of the first tenant that closed orders."""
    return next(run for run in trial.books().runs if run.closed and run.state == "succeeded")


def test_nothing_is_lost_nothing_doubled_and_nothing_foreign(trial):
    outcome = report(trial, trial.books(), SEED, MINUTES)

    assert not outcome.shortcomings, as_text(outcome)
    assert outcome.verdict.share_succeeded > 0.8
    assert outcome.orders_closed > 500
    assert all(line.strikes for line in outcome.faults)
    assert outcome.messages_repeated > 20


def test_a_lost_slot_is_reported(trial, plant, run):
    added = plant(f'DELETE FROM "{run.schema}".scheduling_run WHERE id = {run.id}')

    assert added["missing"] == {f"{run.schema}/{run.periodic_task_id} at {run.slot_at}: no run"}
    assert not added["foreign"] | added["surplus"]


def test_a_second_effect_is_reported(trial, plant, run):
    columns = "schema_name, kind, subject, before, after, run_id, role, transaction, at"

    added = plant(
        f"INSERT INTO chaos.effect ({columns}) SELECT {columns} FROM chaos.effect"
        f" WHERE schema_name = '{run.schema}' AND kind = 'order' AND run_id = {run.id} LIMIT 1"
    )

    assert len(added["doubled"]) == 1
    assert not added["missing"] | added["foreign"] | added["surplus"]


def test_a_foreign_effect_is_reported(trial, plant, run):
    other = trial.schemas[-1]

    added = plant(
        f"UPDATE chaos.effect SET role = 'tb_{other}' WHERE id = (SELECT max(id) FROM chaos.effect"
        f" WHERE schema_name = '{run.schema}' AND kind = 'order')"
    )

    assert len(added["foreign"]) == 1
    assert added["foreign"].pop().endswith(f"changed by tb_{other}")
    assert not added["missing"] | added["doubled"] | added["surplus"]


def test_a_surplus_run_is_reported(trial, plant, run):
    added = plant(
        f"UPDATE \"{run.schema}\".scheduling_run SET slot_at = slot_at + interval '1 ms'"
        f" WHERE id = (SELECT max(id) FROM \"{run.schema}\".scheduling_run WHERE state = 'succeeded')"
    )

    assert len(added["surplus"]) == len(added["missing"]) == 1
    assert not added["doubled"] | added["foreign"]
