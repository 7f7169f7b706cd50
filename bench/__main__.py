"""`python -m bench [--full] [NAME…]`: measure, keep the results, and write the page of tables."""

from __future__ import annotations

import argparse
import sys

from bench import environment  # noqa: F401  # isort: skip  # before anything asks for settings
from django.conf import settings
from django.core.management import call_command

from bench import fleet, report, results
from bench.measure import measure
from bench.registry import benchmarks


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="also what takes long")
    parser.add_argument("names", nargs="*", help="which benchmarks; all if none is named")
    arguments = parser.parse_args()
    try:
        chosen = benchmarks(arguments.names)
    except KeyError as error:
        print(f"There is no benchmark {error}.", file=sys.stderr)
        return 2
    call_command("migrate_schemas", verbosity=0)
    for benchmark in chosen:
        # What the one before left would be worked off beside this one.
        fleet.empty()
        fleet.purge(settings.CELERY_BROKER_URL)
        measure(benchmark, arguments.full)
    report.write_page(results.read())
    return 0


if __name__ == "__main__":
    sys.exit(main())
