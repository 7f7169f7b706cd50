import pytest

from scheduling.agenda.clock import database_now
from scheduling.agenda.reindex import reindex_changed
from tests.scheduling.indexing import be_patient


@pytest.fixture
def indexed(acme, globex):
    """Begin with nothing left to reindex."""
    while reindex_changed(database_now()):
        pass
    be_patient()
