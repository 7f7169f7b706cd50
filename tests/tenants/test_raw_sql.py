from pathlib import Path

import pytest

from tenants.raw_sql import check_raw_sql, raw_sql_in, tenant_modules


def test_no_tenant_code_of_ours_speaks_sql_unless_it_is_named():
    assert check_raw_sql(None) == []


def test_what_is_not_named_is_reported_with_its_place(settings):
    settings.RAW_SQL_ALLOWED = {}

    reported = [error.msg for error in check_raw_sql(None)]

    assert any(message.startswith("orders/importing.py:") for message in reported)
    assert all("RAW_SQL_ALLOWED" in message for message in reported)


@pytest.mark.parametrize(
    "source",
    [
        "connection.cursor()",
        "Order.objects.raw('SELECT 1')",
        "Order.objects.extra(where=['1=1'])",
        "RawSQL('1', ())",
        "expressions.RawSQL('1', ())",
        "with connection.cursor() as c:\n    pass",
    ],
)
def test_the_ways_past_the_orm_are_known(source):
    assert list(raw_sql_in(source)) == [1]


def test_the_orm_is_no_raw_sql():
    assert list(raw_sql_in("Order.objects.filter(number='x').update(status='closed')")) == []


def test_modules_are_those_in_tenants_schemas(settings):
    modules = set(map(Path.as_posix, tenant_modules(settings.BASE_DIR)))

    assert {"orders/windows.py", "scheduling/running.py", "tenants/accounts/forms.py"} <= modules
    assert not any("agenda/" in module or "migrations/" in module for module in modules)
