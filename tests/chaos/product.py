"""The product's processes: any number of beats and workers, each of which can be killed or frozen."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection

from saas.embedded.process import dies_with_us
from tests.integration.stack import ROOT, Stack, with_path

#: Characters of a log that say why its process ended.
LAST_WORDS = 3_000


class Product(Stack):
    """Started by one thread, which must live as long as they."""

    def __init__(self, folder: Path, broker_url: str, names: Mapping[str, list[str]]) -> None:
        super().__init__(folder, broker_url)
        self.beats, self.workers = names["beat"], names["worker"]
        self.superuser_url = with_path(os.environ["SUPERUSER_DATABASE_URL"], self.database)

    # Processes -------------------------------------------------------------------------------
    def start(self, name: str, *command: str) -> None:
        """As a child that the system kills when we die, however that happens."""
        with open(self.log(name), "ab") as log:
            self.processes[name] = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=dies_with_us(signal.SIGKILL),
            )

    def revive(self, names: Iterable[str]) -> None:
        for name in names:
            if name in self.processes:
                continue
            start = self.start_beat if name in self.beats else self.start_worker
            start(name)

    def kill(self, names: Iterable[str]) -> None:
        for name in names:
            self.stop(name, signal.SIGKILL)

    def children(self, name: str) -> list[int]:
        pid = self.processes[name].pid
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(child) for child in text.split()]

    def ended_by_themselves(self) -> dict[str, int]:
        """Take note of processes that nobody killed, with their exit codes; they can be revived."""
        ended = {name: p.returncode for name, p in self.processes.items() if p.poll() is not None}
        for name in ended:
            del self.processes[name]
        return ended

    def last_words(self, name: str) -> str:
        """The end of a process's log."""
        return self.log(name).read_text(errors="replace")[-LAST_WORDS:]

    # Superuser -------------------------------------------------------------------------------
    def superuser(self) -> Connection:
        connection = psycopg2.connect(self.superuser_url, connect_timeout=5)
        connection.autocommit = True
        return connection

    def witness(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Run one statement as the superuser, whom nothing of the product can deceive."""
        with closing(self.superuser()) as connection, connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []
