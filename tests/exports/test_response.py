"""A file that is sent while it is read: what it is called, and whose rows it holds."""

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from exports.response import CHUNK, csv_response, file_name
from orders.models import Order
from tenants.schema import current_schema
from tests.orders.builders import make_order


def chunks(response: Any):
    return iter(response.streaming_content)


def body(response):
    return b"".join(chunks(response))


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("orders", "orders.csv"),
        ('a"; filename="x.exe', "a-filename-x-exe.csv"),
        ("../../etc/passwd", "etc-passwd.csv"),
        ("a\r\nSet-Cookie: b", "a-Set-Cookie-b.csv"),
        ("-rf", "rf.csv"),
        ("注文", "export.csv"),
        ("x" * 300, "x" * 100 + ".csv"),
    ],
)
def test_a_file_has_a_name_that_is_only_a_name(name, safe):
    assert file_name(name) == safe


def test_the_answer_is_a_download_that_no_browser_takes_for_a_page(in_acme):
    response = csv_response("orders", ["number"], [["<script>"]])

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="orders.csv"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert body(response) == "\ufeffnumber\r\n<script>\r\n".encode()


def test_rows_are_read_in_the_tenant_that_asked_although_it_was_left_since(acme, globex):
    for tenant in (acme, globex):
        with tenant_context(tenant):
            make_order(f"{tenant.slug} 1")
    with tenant_context(acme):
        response = csv_response(
            "orders", ["number"], Order.objects.values_list("number").iterator()
        )

    with tenant_context(globex):
        assert b"acme 1" in (content := body(response))
        assert b"globex" not in content
        assert current_schema() == globex.schema_name


def test_a_file_that_is_not_read_to_its_end_leaves_no_tenant_behind(acme):
    with tenant_context(acme):
        response = csv_response("numbers", ["n"], ([n] for n in range(3 * CHUNK)))

    next(chunks(response))
    assert current_schema() == "public"
    response.close()
    assert current_schema() == "public"


def test_rows_are_read_as_they_are_sent(in_acme):
    rows = ([n] for n in range(3 * CHUNK))

    lines = chunks(csv_response("numbers", ["n"], rows))
    next(lines)
    next(lines)

    assert next(rows) == [CHUNK]
