"""Services in folders of their own. Nothing here needs Django."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from saas.embedded import Services
from saas.embedded.account import server_account
from saas.embedded.place import temporary_folder
from saas.embedded.state import State


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty state directory that the servers' account can pass through."""
    made = temporary_folder(server_account())
    yield made
    State(made).discard()


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    made = temporary_folder(server_account())
    with Services(made, durable=False) as started:
        yield started
    State(made).discard()
