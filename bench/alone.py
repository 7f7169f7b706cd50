"""`python -m bench.alone NAME [--full]`: measure, keep the results, and write the page of tables."""

import sys

from bench import environment  # noqa: F401  # isort: skip  # before anything asks for settings
from django.core.management import call_command

from bench import report, results
from bench.measure import measure
from bench.registry import load

if __name__ == "__main__":
    call_command("migrate_schemas", verbosity=0)
    measure(load(sys.argv[1]), "--full" in sys.argv)
    report.write_page(results.read())
