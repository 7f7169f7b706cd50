"""How a process connects to Postgres."""

import socket

import pytest
from django.db import connection


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="Linux alone has it")
def test_a_statement_that_never_arrives_is_given_up_within_the_promised_time(db):
    connection.ensure_connection()
    with socket.socket(fileno=socket.dup(connection.connection.fileno())) as ours:
        limit = ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)

    assert 0 < limit <= 20_000
