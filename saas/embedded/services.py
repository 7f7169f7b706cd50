"""Both servers together, on one state directory, for as long as their owner lives."""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from saas.embedded.account import server_account
from saas.embedded.place import Place
from saas.embedded.postgres import Postgres
from saas.embedded.state import State, Urls, state_dir
from saas.embedded.valkey import Valkey


class Services:
    """PostgreSQL and Valkey on 127.0.0.1, as children of this process.

    They keep their data in `state_dir` (default: the checkout's) and stop with the block, or when
    this process dies in any way. Enter the block from a thread that lives as long as it. One owner
    per directory: a second raises `AlreadyRunning`. `durable=False` is for tests.
    """

    def __init__(self, state_dir: Path | str | None = None, *, durable: bool = True) -> None:
        self._state = State(_chosen(state_dir))
        self._durable = durable
        self._owner = 0
        self._postgres: Postgres | None = None
        self._valkey: Valkey | None = None

    @property
    def urls(self) -> Urls:
        if self._postgres is None or self._valkey is None:
            raise RuntimeError("the services have not been started")
        return Urls(
            database_url=self._postgres.application_url,
            superuser_url=self._postgres.superuser_url,
            broker_url=self._valkey.url,
        )

    @property
    def environment(self) -> dict[str, str]:
        """DATABASE_URL, SUPERUSER_DATABASE_URL and CELERY_BROKER_URL."""
        return self.urls.environment()

    @property
    def database_url(self) -> str:
        """For the application: a login that owns the database and may create roles."""
        return self.urls.database_url

    @property
    def superuser_url(self) -> str:
        return self.urls.superuser_url

    @property
    def broker_url(self) -> str:
        return self.urls.broker_url

    def start(self) -> Self:
        self._state.acquire()
        self._owner = os.getpid()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def _start(self) -> None:
        account = server_account()
        place = Place(self._state, account)
        self._valkey = Valkey(self._state, place, account)
        self._valkey.start()
        self._postgres = Postgres(self._state, place, account, self._durable)
        self._postgres.start()
        self._valkey.wait()
        self._postgres.wait()
        self._state.announce(self.urls)

    def ended(self) -> str | None:
        """The name of a server that has ended by itself, if one has."""
        if self._postgres is not None and self._postgres.has_ended():
            return "PostgreSQL"
        if self._valkey is not None and self._valkey.has_ended():
            return "Valkey"
        return None

    def stop(self) -> None:
        """Stop both. In a forked child it does nothing: they belong to the parent."""
        if os.getpid() != self._owner:
            return
        for server in (self._valkey, self._postgres):
            if server is not None:
                server.stop()
        self._state.release()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _chosen(folder: Path | str | None) -> Path:
    # Resolved, because the servers are started in another working directory.
    return state_dir() if folder is None else Path(folder).resolve()
