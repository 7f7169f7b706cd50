"""A pooler before Postgres: refused where it would let one tenant's role hold for another's."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from tests.integration.pgbouncer import PgBouncer

pytestmark = [pytest.mark.pgbouncer, pytest.mark.integration]
START = """
import django
django.setup()
from scheduling.agenda.waiting import wait_for_database
wait_for_database()
print("ready")
"""


@pytest.fixture
def postgres(db):
    own = settings.DATABASES["default"]
    address = f"{own['HOST']}:{own['PORT']}/{own['NAME']}"
    return f"postgres://{own['USER']}:{own['PASSWORD']}@{address}"


def start(url):
    environment = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "saas.settings"}
    command = [sys.executable, "-c", START]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("pool_mode", ["transaction", "statement"])
def test_a_process_does_not_start_behind_one_that_shares_sessions(postgres, pool_mode):
    with PgBouncer(postgres, pool_mode) as pooler:
        ended = start(pooler.url)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert "one tenant's role hold for another's" in ended.stderr


def test_a_process_starts_behind_one_that_pools_sessions_and_without_one(postgres):
    with PgBouncer(postgres, "session") as pooler:
        assert start(pooler.url).stdout == "ready\n"

    assert start(postgres).stdout == "ready\n"
