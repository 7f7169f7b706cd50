"""Valkey as our child: the broker of a demo or a test, with a password and without persistence."""

import signal
import socket
import subprocess
import time

from saas.embedded.account import Account
from saas.embedded.errors import ServiceError
from saas.embedded.place import Place
from saas.embedded.process import free_port, spawn, stop, tail
from saas.embedded.state import State

ATTEMPTS = 3
START_SECONDS = 30.0
STOP_SECONDS = 5.0


class Valkey:
    def __init__(self, state: State, place: Place, account: Account | None) -> None:
        self._program = place.valkey_program()
        self._log = state.logs / "valkey.log"
        self._password = state.password("valkey")
        self._account = account
        self._child: subprocess.Popen[bytes] | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start the server without waiting for it."""
        self._port = free_port()
        self._child = spawn(
            [self._program, "-"],
            log=self._log,
            death_signal=signal.SIGTERM,
            account=self._account,
            configuration=self._configuration(),
        )

    def wait(self) -> None:
        """Return when the server answers, or raise with the end of its log."""
        deadline = time.monotonic() + START_SECONDS
        attempts = 1
        while not self._answers():
            if self.has_ended() and attempts < ATTEMPTS:
                attempts += 1
                self.start()
            elif self.has_ended() or time.monotonic() > deadline:
                raise ServiceError(f"Valkey did not start:\n{tail(self._log)}")
            time.sleep(0.02)

    def stop(self) -> None:
        if self._child is not None:
            stop(self._child, (signal.SIGTERM, STOP_SECONDS))

    def has_ended(self) -> bool:
        return self._child is None or self._child.poll() is not None

    def _configuration(self) -> str:
        lines = [f"port {self._port}", "bind 127.0.0.1", f"requirepass {self._password}"]
        lines += ['save ""', "appendonly no", "dir /", "daemonize no", 'logfile ""']
        return "\n".join(lines) + "\n"

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=5) as link:
                link.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                with link.makefile("rb") as replies:
                    return [next(replies, b"") for _ in range(2)] == [b"+OK\r\n", b"+PONG\r\n"]
        except OSError:
            return False
