"""Both assemblies for all attacks: the naive twin, and the standing stack of the product."""

import pytest

from tests.attacks.product import Product
from tests.attacks.twin import Twin, TwinStack
from tests.conftest import broker_database


@pytest.fixture(scope="session")
def twin(tmp_path_factory):
    stack = TwinStack(tmp_path_factory.mktemp("twin"), broker_database(3))
    stack.create_database()
    stack.start_web()
    stack.start_worker()
    stack.wait_until_ready()
    yield Twin(stack)
    stack.stop_all()
    stack.drop_database()


@pytest.fixture(scope="session")
def product(stack):
    site = Product(stack)
    site.provision()
    return site
