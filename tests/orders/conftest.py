import json
import threading

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from orders.models import LaterChange, Order
from tests.orders.builders import HEADER, run_import


@pytest.fixture
def order_file(tmp_path):
    """Write an order file: lines below a header, or bytes as they are."""

    def write(*lines, header=HEADER, content=None):
        path = tmp_path / "orders.csv"
        text = "".join(f"{line}\n" for line in (header, *lines))
        path.write_bytes(text.encode() if content is None else content)
        return path

    return write


@pytest.fixture
def import_into(capsys):
    """Import a file with --json; return the exit code and the answer."""

    def call(slug, path, *options):
        code = run_import(slug, path, "--json", *options)
        return code, json.loads(capsys.readouterr().out)

    return call


@pytest.fixture
def committed(django_db_setup, django_db_blocker):
    """Acme's schema outside any transaction, for tests with several connections at once."""
    from tenants.models import Tenant

    with django_db_blocker.unblock():
        tenant = Tenant.objects.get(slug="acme")
        with tenant_context(tenant):
            yield tenant
            Order.objects.all().delete()
            LaterChange.objects.all().delete()


@pytest.fixture
def in_thread(committed):
    """Begin a function on a connection of its own; return its thread."""
    threads = []

    def begin(function, *arguments):
        def body():
            with tenant_context(committed):
                function(*arguments)
            connection.close()

        threads.append(threading.Thread(target=body))
        threads[-1].start()
        return threads[-1]

    yield begin
    for thread in threads:
        thread.join(timeout=20)
