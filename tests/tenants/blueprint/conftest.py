from contextlib import ExitStack

import pytest

from tenants.blueprint import building
from tests.tenants.committed import committed_tenants


@pytest.fixture(scope="module")
def twins(django_db_setup, django_db_blocker):
    """Two tenants as another session sees them: one from the blueprint, one migrated."""
    with django_db_blocker.unblock(), ExitStack() as stack:
        (copied,) = stack.enter_context(committed_tenants("copied"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(building, "current_blueprint", lambda: None)
            (migrated,) = stack.enter_context(committed_tenants("migrated"))
        yield copied, migrated
