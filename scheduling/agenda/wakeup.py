"""Waiting until a slot is due or somebody changed a schedule."""

import select
from typing import Any

from django.db import connection

#: An empty hint: what changed is read from tables, so a NOTIFY lost or forged changes nothing.
CHANNEL = "agenda"


class Wakeup:
    """Listens on this process's own database connection, again after each reconnect."""

    def __init__(self) -> None:
        self.listening_on: Any = None

    def listen(self) -> None:
        connection.ensure_connection()
        if self.listening_on is not connection.connection:
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            self.listening_on = connection.connection

    def wait(self, seconds: float) -> None:
        """Return after `seconds`, or as soon as a hint arrives; one that came before counts."""
        raw = self.listening_on
        raw.poll()
        if not raw.notifies and select.select([raw], [], [], seconds)[0]:
            raw.poll()
        raw.notifies.clear()


def wake_beat() -> None:
    """Hint to every beat, when the current transaction commits, that there is something to do."""
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")
