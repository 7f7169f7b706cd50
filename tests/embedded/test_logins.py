"""Who may log in to the embedded servers: nobody without the right password."""

import contextlib
import socket
from urllib.parse import urlsplit

import psycopg2
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry


def connect(url: str, **changes: str):
    return contextlib.closing(psycopg2.connect(url, **changes))


@pytest.mark.parametrize("login", ["postgres", "tenantbeat"])
@pytest.mark.parametrize("password", ["", "wrong"])
def test_postgres_refuses_a_login_without_its_password(services, login, password, monkeypatch):
    monkeypatch.setenv("PGPASSFILE", "/nonexistent")

    with pytest.raises(psycopg2.OperationalError, match="password"):
        connect(services.database_url, user=login, password=password)


def test_postgres_keeps_passwords_as_scram(services):
    with connect(services.superuser_url) as database, database.cursor() as cursor:
        cursor.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules")
        methods = cursor.fetchall()
        cursor.execute("SELECT DISTINCT left(rolpassword, 13) FROM pg_authid WHERE rolcanlogin")
        stored = cursor.fetchall()

    assert methods == [("scram-sha-256",)]
    assert stored == [("SCRAM-SHA-256",)]


def test_the_application_owns_its_database_and_is_no_superuser(services):
    with connect(services.database_url) as database, database.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolcreaterole, rolcreatedb, datdba = r.oid"
            " FROM pg_roles r, pg_database WHERE rolname = current_user"
            " AND datname = current_database()"
        )
        facts = cursor.fetchone()

    assert facts == ("tenantbeat", False, True, False, True)


def test_valkey_refuses_a_client_without_a_password(services):
    address = urlsplit(services.broker_url)

    stranger = redis.Redis("127.0.0.1", address.port, retry=Retry(NoBackoff(), retries=0))

    with contextlib.closing(stranger), pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_valkey_lets_the_application_in(services):
    with redis.Redis.from_url(services.broker_url) as broker:
        assert broker.ping()


def test_servers_listen_on_loopback_only(services):
    for url in (services.database_url, services.broker_url):
        assert listening_addresses(urlsplit(url).port) == {"127.0.0.1"}


def test_postgres_has_no_unix_socket(services):
    with connect(services.superuser_url) as database, database.cursor() as cursor:
        cursor.execute("SHOW unix_socket_directories")

        assert cursor.fetchone() == ("",)


def listening_addresses(port: int) -> set[str]:
    """Local addresses on which something listens at a port, from the kernel's tables."""
    listening = "0A"
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table) as lines:
            for fields in map(str.split, list(lines)[1:]):
                address, _, hexadecimal = fields[1].rpartition(":")
                if fields[3] == listening and int(hexadecimal, 16) == port:
                    found.add(readable(address))
    return found


def readable(address: str) -> str:
    if len(address) != 8:
        return address
    return socket.inet_ntoa(bytes.fromhex(address)[::-1])
