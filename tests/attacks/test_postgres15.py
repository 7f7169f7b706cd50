"""The walls and the ledger on the oldest Postgres that is supported, in a run of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.postgres15 import Postgres15

ROOT = Path(__file__).resolve().parents[2]
WALLS = ["test_database_walls.py", "test_logins.py", "test_shared_tables.py"]
LEDGER = ["test_partitions.py", "test_partitioned_table.py", "test_pruning.py"]
TESTS = [f"tests/attacks/{name}" for name in WALLS]
TESTS += [f"tests/scheduling/agenda/{name}" for name in LEDGER]


@pytest.mark.postgres15
def test_the_walls_and_the_ledger_stand_on_postgres_15():
    with Postgres15() as server:
        environment = os.environ | {
            "DATABASE_URL": server.url("tenantbeat", "tenantbeat"),
            "SUPERUSER_DATABASE_URL": server.url("postgres", "postgres"),
        }
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *TESTS],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )

    assert done.returncode == 0, done.stdout[-4000:]
