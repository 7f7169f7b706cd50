"""What an experiment came to: a table for people, and JSON for machines."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.chaos.checker import Verdict, accounts_of, check
from tests.chaos.experiment import Experiment
from tests.chaos.plan import KINDS, STRIKES_OF_EACH
from tests.chaos.records import Books
from tests.chaos.recovery import held_up, recovery

#: An experiment of this length is what the promise is about.
WHOLE_MINUTES = 30.0
LEAST_SHARE = 0.95
SHOWN = 10


@dataclass(frozen=True)
class FaultLine:
    kind: str
    strikes: int
    #: The worst and the middle time to recover, in seconds.
    worst: float
    median: float


@dataclass(frozen=True)
class Report:
    seed: int
    minutes: float
    plan: list[str]
    verdict: Verdict
    faults: list[FaultLine]
    ended_by_themselves: list[str]
    #: What the product's own `account_slots` says.
    accounting: dict[str, Any]
    left_in_flight: list[dict[str, Any]]
    runs: Counter[str]
    orders_closed: int
    messages_repeated: int
    errors: Counter[str]

    @property
    def shortcomings(self) -> list[str]:
        """Why the experiment failed, if it did."""
        found = [f"{len(them)} {name}" for name, them in self.verdict.findings.items() if them]
        if self.ended_by_themselves:
            found.append(f"{len(self.ended_by_themselves)} processes ended by themselves")
        found += [f"{len(them)} {name} by account_slots" for name, them in self.complaints.items()]
        if self.minutes >= WHOLE_MINUTES:
            found += [
                f"{f.kind}: {f.strikes} strikes" for f in self.faults if f.strikes < STRIKES_OF_EACH
            ]
            if self.verdict.share_succeeded < LEAST_SHARE:
                found.append(f"only {self.verdict.share_succeeded:.1%} of due slots succeeded")
        return found

    @property
    def complaints(self) -> dict[str, list[Any]]:
        """What `account_slots` lists, though nothing should be there to be listed."""
        names = ("unaccounted", "surplus")
        return {name: self.accounting[name] for name in names if self.accounting[name]}


def report(experiment: Experiment, books: Books, seed: int, minutes: float) -> Report:
    return Report(
        seed=seed,
        minutes=minutes,
        plan=[str(strike) for strike in experiment.plan],
        verdict=check(books),
        faults=fault_lines(experiment, books),
        ended_by_themselves=experiment.ended,
        accounting=experiment.accounting,
        left_in_flight=experiment.left_in_flight,
        runs=Counter(f"{run.state} ({run.trigger})" for run in books.runs),
        orders_closed=sum(effect.kind == "order" for effect in books.effects),
        messages_repeated=experiment.world.postman.repeated,
        errors=Counter(run.error.partition("\n")[0][:120] for run in books.runs if run.error),
    )


def fault_lines(experiment: Experiment, books: Books) -> list[FaultLine]:
    waiting = held_up(accounts_of(books), books.read_at)
    spans = [span for _, span in experiment.struck]
    lines = []
    for kind in KINDS:
        own = [span for strike, span in experiment.struck if strike.kind == kind.name]
        times = sorted(recovery(span, spans, waiting).total_seconds() for span in own) or [0.0]
        lines.append(FaultLine(kind.name, len(own), times[-1], times[len(times) // 2]))
    return lines


def as_text(report: Report) -> str:
    verdict = report.verdict
    lines = ["", f"{'fault':<22}{'strikes':>8}{'worst recovery':>16}{'median':>10}"]
    lines += [
        f"{line.kind:<22}{line.strikes:>8}{line.worst:>14.1f} s{line.median:>8.1f} s"
        for line in report.faults
    ]
    lines += ["", f"{verdict.due} slots were due, {verdict.share_succeeded:.2%} of them succeeded:"]
    lines += [f"  catch-up {policy}: {dict(states)}" for policy, states in verdict.states.items()]
    lines += [f"runs: {dict(report.runs)}", f"orders closed: {report.orders_closed}"]
    lines += [f"messages delivered again: {report.messages_repeated}"]
    lines += [f"error of {times} runs: {text}" for text, times in report.errors.most_common(SHOWN)]
    lines += [f"left in flight: {firing}" for firing in report.left_in_flight[:SHOWN]]
    lines += [""]
    for name, found in verdict.findings.items():
        lines += [f"{len(found)} {name}", *(f"  {sentence}" for sentence in found[:SHOWN])]
    lines += report.ended_by_themselves
    for name, listed in report.complaints.items():
        lines += [f"account_slots: {len(listed)} {name}", *(f"  {e}" for e in listed[:SHOWN])]
    lines += [f"account_slots: {report.accounting['accounted']} slots have a state"]
    lines += ["", "FAILED: " + "; ".join(report.shortcomings) if report.shortcomings else "passed"]
    return "\n".join(lines)


def as_json(report: Report) -> dict[str, Any]:
    return {
        "seed": report.seed,
        "minutes": report.minutes,
        "plan": report.plan,
        "faults": [vars(line) for line in report.faults],
        "slots": {
            "due": report.verdict.due,
            "share_succeeded": report.verdict.share_succeeded,
            "states": {name: dict(states) for name, states in report.verdict.states.items()},
        },
        "findings": report.verdict.findings,
        "runs": dict(report.runs),
        "orders_closed": report.orders_closed,
        "messages_repeated": report.messages_repeated,
        "accounting": report.accounting,
        "left_in_flight": report.left_in_flight,
        "ended_by_themselves": report.ended_by_themselves,
        "shortcomings": report.shortcomings,
    }
