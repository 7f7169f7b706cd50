"""Compares what should have happened with what did: pure functions on plain records."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from tests.chaos import oracle
from tests.chaos.records import Books, Effect, Run, Schedule

SUCCEEDED = "succeeded"
TERMINAL = {SUCCEEDED, "failed", "skipped", "missed", "paused", "suspended", "cancelled"}

Key = tuple[str, int]


@dataclass(frozen=True)
class Verdict:
    """What is wrong, sentence by sentence, and what became of the slots that were due."""

    missing: list[str]
    doubled: list[str]
    foreign: list[str]
    surplus: list[str]
    #: A run that says other than what it did, or that went against its schedule's policy.
    untrue: list[str]
    #: By catch-up policy, how many due slots ended in each state.
    states: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def findings(self) -> dict[str, list[str]]:
        names = ("missing", "doubled", "foreign", "surplus", "untrue")
        return {name: getattr(self, name) for name in names}

    @property
    def is_clean(self) -> bool:
        return not any(self.findings.values())

    @property
    def due(self) -> int:
        return sum(states.total() for states in self.states.values())

    @property
    def share_succeeded(self) -> float:
        succeeded = sum(states[SUCCEEDED] for states in self.states.values())
        return succeeded / self.due if self.due else 0.0


@dataclass(frozen=True)
class Account:
    """The slots of one schedule beside the runs that cover them."""

    schedule: Schedule
    due: list[datetime]
    #: In the very moment of the closing: they may have been taken or not.
    doubtful: set[datetime]
    covering: dict[datetime, list[Run]]
    runs: list[Run]

    def state_of(self, slot: datetime) -> str:
        """The final state of a slot; "" when it has none."""
        return next((run.state for run in self.covering[slot] if run.state in TERMINAL), "")

    def settled_at(self, slot: datetime) -> datetime | None:
        ends = [run.finished_at for run in self.covering[slot] if run.state in TERMINAL]
        return min((at for at in ends if at), default=None)


def check(books: Books) -> Verdict:
    accounts = list(accounts_of(books))
    return Verdict(
        missing=[*missing_slots(accounts), *lost_effects(books)],
        doubled=[*slots_covered_twice(accounts), *repeated_effects(books.effects)],
        foreign=list(foreign_effects(books)),
        surplus=[*runs_without_slot(accounts), *runs_without_schedule(books)],
        untrue=[*miscounted(books), *against_policy(accounts, books.has_policies)],
        states=states_by_policy(accounts),
    )


def accounts_of(books: Books) -> Iterator[Account]:
    runs = runs_by_schedule(books)
    for schedule in books.schedules:
        closing = books.closings[schedule.schema]
        slots = oracle.slots(schedule, closing.ends_at)
        own = runs[schedule.schema, schedule.periodic_task_id]
        covering: dict[datetime, list[Run]] = {slot: [] for slot in slots}
        for run in own:
            for slot in covered(run, slots):
                covering[slot].append(run)
        doubtful = {slot for slot in slots if slot >= closing.begins_at}
        due = [slot for slot in slots if slot not in doubtful]
        yield Account(schedule, due, doubtful, covering, own)


def runs_by_schedule(books: Books) -> dict[Key, list[Run]]:
    """A stretch of slots that were paused after the closing is nobody's loss."""
    found: dict[Key, list[Run]] = defaultdict(list)
    for run in books.runs:
        if not (run.state == "paused" and run.slot_at > books.closings[run.schema].ends_at):
            found[run.schema, run.periodic_task_id].append(run)
    return found


def covered(run: Run, slots: list[datetime]) -> list[datetime]:
    last = run.last_slot_at or run.slot_at
    return [slot for slot in slots if run.slot_at <= slot <= last]


def missing_slots(accounts: Iterable[Account]) -> Iterator[str]:
    for account in accounts:
        for slot in account.due:
            if not account.state_of(slot):
                states = [run.state for run in account.covering[slot]] or ["no run"]
                yield f"{account.schedule} at {slot}: {', '.join(states)}"


def lost_effects(books: Books) -> Iterator[str]:
    for schema, numbers in books.left_open.items():
        for number in numbers:
            yield f"order {number} of {schema}: left open by every run"


def slots_covered_twice(accounts: Iterable[Account]) -> Iterator[str]:
    for account in accounts:
        for slot, runs in account.covering.items():
            if len(runs) > 1:
                yield f"{account.schedule} at {slot}: in runs {[run.id for run in runs]}"


def repeated_effects(effects: Iterable[Effect]) -> Iterator[str]:
    """An order changed more than once, or a run that had ended changed its state again."""
    orders = Counter((e.schema, e.subject) for e in effects if e.kind == "order")
    for (schema, number), times in orders.items():
        if times > 1:
            yield f"order {number} of {schema}: changed {times} times"
    for effect in effects:
        if effect.kind == "run" and effect.before in TERMINAL:
            what = f"run {effect.subject} of {effect.schema}"
            yield f"{what}: {effect.after} after it was {effect.before}"
    ends = Counter(
        (e.schema, e.subject) for e in effects if e.kind == "run" and e.after == SUCCEEDED
    )
    for (schema, run_id), times in ends.items():
        if times > 1:
            yield f"run {run_id} of {schema}: succeeded {times} times"


def foreign_effects(books: Books) -> Iterator[str]:
    schemas: dict[int, set[str]] = defaultdict(set)
    for effect in books.effects:
        what = f"{effect.kind} {effect.subject} of {effect.schema}"
        schemas[effect.transaction].add(effect.schema)
        if effect.role != books.roles[effect.schema]:
            yield f"{what}: changed by {effect.role}"
        if effect.kind == "order" and effect.subject.partition("/")[0] != effect.schema:
            yield f"{what}: was made for another tenant"
    for transaction, touched in schemas.items():
        if len(touched) > 1:
            yield f"transaction {transaction}: in {', '.join(sorted(touched))}"


def runs_without_slot(accounts: Iterable[Account]) -> Iterator[str]:
    for account in accounts:
        slots = set(account.covering)
        for run in account.runs:
            ends = {run.slot_at, run.last_slot_at or run.slot_at}
            if not ends <= slots:
                yield f"{run}: {run.state}, and there was no such slot"
            elif run.slots != (count := len(covered(run, list(account.covering)))):
                yield f"{run}: stands for {run.slots} slots, and there were {count}"


def runs_without_schedule(books: Books) -> Iterator[str]:
    known = {(schedule.schema, schedule.periodic_task_id) for schedule in books.schedules}
    for run in books.runs:
        if (run.schema, run.periodic_task_id) not in known:
            yield f"{run}: there was no such schedule"


def miscounted(books: Books) -> Iterator[str]:
    closed = Counter((e.schema, e.run_id) for e in books.effects if e.kind == "order")
    for run in books.runs:
        if (done := closed.pop((run.schema, run.id), 0)) != run.closed:
            yield f"{run}: says it closed {run.closed} orders, and it closed {done}"
    for (schema, run_id), done in closed.items():
        yield f"{done} orders of {schema}: closed by run {run_id}, which there is not"


def against_policy(accounts: Iterable[Account], has_policies: bool) -> Iterator[str]:
    """`skip` fires nothing late; `all` misses nothing, since no outage here is longer than its reach."""
    for account in accounts if has_policies else ():
        policy = account.schedule.catch_up
        for run in account.runs:
            if policy == "skip" and run.trigger == "catch_up" and run.state != "missed":
                yield f"{run}: caught up, though its policy is skip"
            if policy == "all" and run.state == "missed":
                yield f"{run}: missed, though its policy is all"


def states_by_policy(accounts: Iterable[Account]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for account in accounts:
        states = (account.state_of(slot) or "missing" for slot in account.due)
        found[account.schedule.catch_up].update(states)
    return dict(found)
