"""Comparing two ways of doing the same work, in turns, so that a noisy machine is noisy for both."""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

Work = Callable[[], None]


@dataclass(frozen=True)
class Comparison:
    """Medians over the rounds; `ratio` is the median of each round's first way to its second."""

    ratio: float
    first_ms: float
    second_ms: float
    rounds: int

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


def compare(first: Work, second: Work, rounds: int, prepare: Work = lambda: None) -> Comparison:
    """Time both ways once per round, beginning with each in turn; `prepare` comes before each."""
    times: dict[Work, list[float]] = {first: [], second: []}
    for number in range(-1, rounds):
        for work in (first, second) if number % 2 else (second, first):
            prepare()
            took = seconds(work)
            if number >= 0:  # the first round warms up
                times[work].append(took)
    ratios = [a / b for a, b in zip(times[first], times[second], strict=True)]
    first_ms, second_ms = (statistics.median(taken) * 1000 for taken in times.values())
    return Comparison(statistics.median(ratios), first_ms, second_ms, rounds)


def seconds(work: Work) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
