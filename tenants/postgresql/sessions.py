"""Which login the database sessions of a process belong to."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import psycopg2
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from tenants.postgresql.logins import login_name, passwords

OWNER, WEB, PLATFORM = "owner", "web", "platform"
NOT_MIGRATED = "the database is not migrated yet: run `manage.py migrate_schemas`"


class LoginSessions(BaseDatabaseWrapper):
    """Connects as what this process is, and keeps the web's two logins apart.

    `DATABASES` says in `LOGIN` which kind of process this is, and in `GIVEN_LOGINS` the logins that
    the environment gives, by kind. Any other is found with the owner's, which is then not used again.
    """

    installation: str | None = None
    #: The login that is not in use now: its connection, and when that is to be closed.
    parked: tuple[Any, Any] = (None, None)
    #: What the session was last set to: known to the backend, nothing for a session just taken up.
    entered: tuple[str, str | None] | None
    _login: str | None = None

    @property
    def login(self) -> str:
        return self._login or self.settings_dict["LOGIN"]

    def use_login_of_site(self, *, platform: bool) -> None:
        """In a web process, go on as the platform site's login or the tenants'. Not in a transaction.

        The session of the other one is kept for later.
        """
        wanted = PLATFORM if platform else WEB
        if self.settings_dict["LOGIN"] != WEB or self.login == wanted:
            return
        self.validate_no_atomic_block()
        leaving = (self.connection, self.close_at)
        (self.connection, self.close_at), self.parked = self.parked, leaving
        self._login, self.entered = wanted, None
        self.health_check_done = False
        self.close_if_unusable_or_obsolete()

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        if given := self.settings_dict["GIVEN_LOGINS"].get(self.login):
            return params | parameters_of(given)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if self.login == OWNER or self.login in self.settings_dict["GIVEN_LOGINS"]:
            return super().get_new_connection(conn_params)
        if self.installation is None:
            self.installation = installation_of(conn_params)
        name = login_name(self.installation, self.login)
        newest, *older = passwords(name)
        # While the secret key is being changed the password is still the oldest key's.
        for password in reversed(older):
            with suppress(psycopg2.OperationalError):
                return super().get_new_connection(
                    conn_params | {"user": name, "password": password}
                )
        return super().get_new_connection(conn_params | {"user": name, "password": newest})


def parameters_of(given: dict[str, Any]) -> dict[str, Any]:
    """Return what psycopg2 calls the parts of a database URL that Django's settings name."""
    names = {
        "NAME": "dbname",
        "USER": "user",
        "PASSWORD": "password",
        "HOST": "host",
        "PORT": "port",
    }
    parts = {ours: given[theirs] for theirs, ours in names.items() if given.get(theirs)}
    return parts | given.get("OPTIONS", {})


def installation_of(owner: dict[str, Any]) -> str:
    """Ask for the installation's id over a connection of the owner that is closed at once."""
    plain = {name: value for name, value in owner.items() if name not in {"cursor_factory"}}
    connection = psycopg2.connect(**plain)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM public.tenants_installation")
            return str(cursor.fetchone()[0])
    except psycopg2.errors.UndefinedTable:
        raise OperationalError(NOT_MIGRATED) from None
    finally:
        connection.close()
