"""`make chaos MINUTES=30 [SEED=n]`: kill, freeze and cut everything, then check the books."""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.chaos.experiment import Experiment, Size, experiment
from tests.chaos.report import Report, as_json, as_text, report


def main(argv: Sequence[str] | None = None) -> int:
    given = parser().parse_args(argv)
    # An exception, so that whatever was started is ended.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**6)
    try:
        outcome = conduct(given.minutes, seed, given.logs)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    print(as_text(outcome))
    if given.report:
        given.report.write_text(json.dumps(as_json(outcome), indent=1) + "\n")
    return 1 if outcome.shortcomings else 0


def conduct(minutes: float, seed: int, logs: Path | None) -> Report:
    with experiment(Size.of(minutes), seed, say) as trial:
        print(f"{minutes:g} minutes with seed {seed}")
        print(*trial.plan, sep="\n")
        try:
            trial.run()
            return report(trial, trial.books(), seed, minutes)
        finally:
            keep_logs(trial, logs)


def keep_logs(trial: Experiment, folder: Path | None) -> None:
    if folder:
        shutil.copytree(trial.product.folder, folder, dirs_exist_ok=True)


def say(what: str) -> None:
    print(time.strftime("%H:%M:%S"), what, flush=True)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, help="of the plan of faults (default: any)")
    parser.add_argument("--report", type=Path, help="a file for the outcome as JSON")
    parser.add_argument("--logs", type=Path, help="a folder for the logs of all processes")
    return parser


if __name__ == "__main__":
    sys.exit(main())
