"""The database backend: in a tenant's schema, the session has that tenant's role and nothing else.

django-tenants sends the search path, with the public schema behind the tenant's, before every
statement. Here role and path are set together, in one statement, when they differ from what the
session has. A table that is missing in a tenant's schema is then missing, not the platform's; a
query that names another schema is refused by Postgres.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import Error, InternalError, connections
from django_tenants.postgresql_backend import base
from psycopg2.errors import InFailedSqlTransaction
from psycopg2.extensions import TRANSACTION_STATUS_INERROR

from tenants.postgresql.roles import role_name
from tenants.postgresql.sessions import LoginSessions
from tenants.schema import PUBLIC

#: A session keeps what it has read of each table it met, 100 to 200 kB for a tenant's, until it ends.
VISITS_PER_SESSION = 500
#: A schema to stand in, and the one whose tenant's role to have there; None for the login's own.
Standing = tuple[str, str | None]


class DatabaseWrapper(LoginSessions, base.DatabaseWrapper):
    """Knows what the session was last set to, and forgets it whenever Postgres may have undone it."""

    #: What the session is set to, as far as is known.
    entered: Standing | None = None
    #: Migrations need the owner's rights in a tenant's schema; nothing else does.
    as_owner = False
    #: The tenant's schema whose role is kept in the public schema, for its rows of shared tables.
    guest_of: str | None = None
    #: Whether a tenant's role was entered since the session was as if it were new.
    is_used = False
    #: The schemas whose tables this session has met.
    visited: set[str]
    #: The names of the statements that this session has prepared.
    prepared: set[str]
    #: django-tenants' own guard against setting the path while the path is being set.
    _setting_search_path: bool

    def wanted(self) -> Standing:
        if self.schema_name == PUBLIC:
            return PUBLIC, self.guest_of
        # Beat is a member of no tenant's role: it reads schedules by rights of its own.
        keeps_login = self.as_owner or self.settings_dict["LOGIN"] == "beat"
        return self.schema_name, None if keeps_login else self.schema_name

    def _handle_search_path(self, cursor: Any = None) -> None:
        wanted = self.wanted()
        if self._setting_search_path or self.entered == wanted:
            return
        self._setting_search_path, self.entered = True, None
        try:
            self.enter(*wanted)
            self.entered = wanted
        except InternalError as error:
            # In a transaction that failed only a rollback can follow, which must not be kept from
            # happening. Postgres refuses whatever else is sent until then.
            if not isinstance(error.__cause__, InFailedSqlTransaction):
                raise
        finally:
            self._setting_search_path = False

    def enter(self, schema_name: str, role_of: str | None) -> None:
        """Set role and path; an error leaves the session as it was, and is raised."""
        base._check_schema_name(schema_name)
        role = self.role_of(role_of) if role_of else "NONE"
        path = base.quote_schema_name(schema_name)
        if not self.as_owner:
            # Temporary tables last, else one called like a table of ours would stand before it.
            # A migrating owner has nothing behind the schema: tables of a missing one were made there.
            path += ", pg_temp"
        self.is_used = self.is_used or role_of is not None
        self.send(f"SET ROLE {role}; SET search_path = {path}")
        self.visited.add(schema_name)

    def note_visits(self, schema_names: Iterable[str]) -> None:
        """Take note of schemas whose tables the session has met without standing in them."""
        self.ensure_connection()
        self.visited.update(schema_names)

    def end_long_journey(self) -> None:
        """Close a session that has visited many schemas; the next statement begins a new one."""
        if self.connection is None or self.in_atomic_block:
            return
        if len(self.visited) > VISITS_PER_SESSION:
            self.close()

    def forget_session(self) -> None:
        """Undo what statements left in the session, so that no tenant meets what another's did.

        Settings such as a statement timeout, temporary tables, cursors and advisory locks outlive a
        transaction. For the beginning of a request or task; in a transaction it does nothing. It
        takes the place of Django's own question whether the session still answers.
        """
        self.end_long_journey()
        if self.connection is None or self.in_atomic_block or not self.is_used:
            return
        self.entered, self.is_used, self.prepared = None, False, set()
        try:
            self.send("DISCARD ALL")
        except Error:  # lost, or no time left by what was set: a new one is as good
            self.close()
        else:
            self.ensure_timezone()
            self.health_check_done = True

    def role_of(self, schema_name: str) -> str:
        if self.installation is None:
            found = self.send("SET ROLE NONE; SELECT id FROM public.tenants_installation")
            self.installation = str(found)
        return base.quote_schema_name(role_name(self.installation, schema_name))

    def send(self, statement: str) -> Any:
        """Run a statement past Django's cursors, which would come back here; return its one value."""
        with self.wrap_database_errors, self.connection.cursor() as raw:
            raw.execute(statement)
            return raw.fetchone()[0] if raw.description else None

    # A SET is undone by the rollback of the transaction or savepoint it was sent in.
    def rollback(self) -> None:
        self.entered = None
        super().rollback()

    def commit(self) -> None:
        # Postgres answers COMMIT with a rollback when a statement of the transaction has failed.
        if self.connection is not None and self.has_failed():
            self.entered = None
        super().commit()

    def has_failed(self) -> bool:
        status = self.connection.get_transaction_status()
        return bool(status == TRANSACTION_STATUS_INERROR)

    def savepoint_rollback(self, sid: str) -> None:
        try:
            super().savepoint_rollback(sid)
        finally:
            self.entered = None

    def close(self) -> None:
        self.entered = None
        super().close()

    def get_new_connection(self, conn_params: Any) -> Any:
        self.entered, self.visited, self.prepared = None, set(), set()
        return super().get_new_connection(conn_params)


@contextmanager
def owner_rights() -> Iterator[None]:
    """Keep the owner's rights in tenants' schemas: for migrations, and for nothing else."""
    wrapper: Any = connections["default"]
    before, wrapper.as_owner = wrapper.as_owner, True
    try:
        yield
    finally:
        wrapper.as_owner = before
