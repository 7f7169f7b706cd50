"""Which fault strikes when, and what: drawn from a seed, so the same seed is the same plan."""

from __future__ import annotations

import random
from dataclasses import dataclass

ATTEMPTS = 100_000
#: So far apart faults strike in a long experiment, at least, in seconds.
SPACING_SECONDS = 45.0
#: The platform asks for so many strikes of each kind in half an hour.
STRIKES_OF_EACH = 3


@dataclass(frozen=True)
class Kind:
    """How long a fault lasts, in seconds, in a long experiment and in a short one."""

    name: str
    lasts: tuple[float, float]
    lasts_briefly: tuple[float, float]
    #: What it is done to: one of the processes called so, or the thing itself.
    to: str

    @property
    def strikes_all(self) -> bool:
        return self.name.startswith("all ")


#: A frozen process sleeps longer than every timeout: 60 s in a transaction are a worker's, the longest.
FROZEN = (78.0, 85.0)
KINDS = (
    Kind("beat killed", (1, 5), (0.5, 2), "beat"),
    # Longer than the 60 s after which a slot counts as missed.
    Kind("all beats killed", (70, 80), (4, 6), "beat"),
    Kind("beat frozen", FROZEN, (18, 20), "beat"),
    Kind("worker killed", (1, 5), (0.5, 2), "worker"),
    Kind("worker child killed", (0, 0), (0, 0), "worker"),
    Kind("worker frozen", FROZEN, (18, 20), "worker"),
    Kind("worker child frozen", FROZEN, (18, 20), "worker"),
    Kind("Postgres stopped", (1, 20), (1, 3), "postgres"),
    Kind("broker emptied", (0.5, 10), (0.5, 2), "broker"),
    Kind("connections cut", (2, 5), (1, 2), "connections"),
    Kind("messages repeated", (10, 20), (5, 8), "broker"),
)


@dataclass(frozen=True)
class Strike:
    """One fault: from `at` for `seconds`, counted from the first slot."""

    at: float
    seconds: float
    kind: str
    targets: tuple[str, ...]

    @property
    def ends(self) -> float:
        return self.at + self.seconds

    def meets(self, other: Strike) -> bool:
        """Whether both are done to the same thing at the same time."""
        apart = self.ends < other.at or other.ends < self.at
        return not apart and bool(set(self.targets) & set(other.targets))

    def __str__(self) -> str:
        return f"{self.at:7.1f} s  {self.kind} ({', '.join(self.targets)}) for {self.seconds:.1f} s"


def draw(seed: int, seconds: float, processes: dict[str, list[str]]) -> list[Strike]:
    """Return the strikes of an experiment of so many seconds, each kind as often as the others.

    `processes` are the names that there are of each sort. Faults may overlap, but never at one
    target, and the last one is over when the time is up.
    """
    dice = random.Random(seed)  # noqa: S311 - a plan, no secret
    rounds = max(1, int(seconds / SPACING_SECONDS / len(KINDS)))
    for _ in range(ATTEMPTS):
        strikes = attempt(dice, rounds, seconds, processes)
        if fits(strikes, seconds):
            return strikes
    raise ValueError(f"no plan fits into {seconds} s")


def attempt(
    dice: random.Random, rounds: int, seconds: float, processes: dict[str, list[str]]
) -> list[Strike]:
    order = [kind for _ in range(rounds) for kind in dice.sample(KINDS, len(KINDS))]
    spacing = seconds / (len(order) + 0.5)
    is_brief = spacing < SPACING_SECONDS
    return [
        strike(dice, kind, spacing * (number + dice.uniform(0, 0.3)), is_brief, processes)
        for number, kind in enumerate(order)
    ]


def strike(
    dice: random.Random, kind: Kind, at: float, is_brief: bool, processes: dict[str, list[str]]
) -> Strike:
    names = processes.get(kind.to, [kind.to])
    targets = tuple(names) if kind.strikes_all else (dice.choice(names),)
    lasts = kind.lasts_briefly if is_brief else kind.lasts
    return Strike(round(at, 1), round(dice.uniform(*lasts), 1), kind.name, targets)


def fits(strikes: list[Strike], seconds: float) -> bool:
    in_time = all(strike.ends <= seconds for strike in strikes)
    pairs = ((a, b) for number, a in enumerate(strikes) for b in strikes[number + 1 :])
    return in_time and not any(a.meets(b) for a, b in pairs)
