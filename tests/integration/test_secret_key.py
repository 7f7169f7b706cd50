"""Changing the secret key while processes with the old one, the new one or both come and go."""

import secrets

import pytest

from tests.conftest import broker_database
from tests.integration.stack import Stack

pytestmark = pytest.mark.integration

OLD, NEW = secrets.token_urlsafe(50), secrets.token_urlsafe(50)


@pytest.fixture
def stack(tmp_path):
    own = Stack(tmp_path, broker_database(6))
    know(own, OLD)
    own.create_database()
    yield own
    own.stop_all()
    own.drop_database()


def know(stack, key, *fallbacks):
    stack.environment |= {"SECRET_KEY": key, "SECRET_KEY_FALLBACKS": ",".join(fallbacks)}


def answers(stack, key, *fallbacks):
    """Whether a web process that begins now, knowing these keys, gets at its tables."""
    know(stack, key, *fallbacks)
    shell = "from saas.health import readiness; print(readiness().status_code)"
    done = stack.as_web(shell)
    return "200" in done.stdout


def test_every_process_that_may_still_run_gets_in_at_every_step(stack):
    assert answers(stack, OLD)

    know(stack, NEW, OLD)
    stack.manage("migrate_schemas", "--verbosity", "0")
    assert answers(stack, OLD)
    assert answers(stack, NEW, OLD)

    know(stack, NEW)
    stack.manage("migrate_schemas", "--verbosity", "0")
    assert answers(stack, NEW, OLD)
    assert answers(stack, NEW)
    assert not answers(stack, OLD)
