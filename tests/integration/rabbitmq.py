"""A RabbitMQ server of the tests' own: own node name, ports and folders, gone afterwards."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from kombu import Connection
from kombu.exceptions import OperationalError

from tests.integration.stack import free_port

START_SECONDS = 60


class RabbitServer:
    """Started as whoever runs the tests; as root, Debian's script drops to the user rabbitmq."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}//"
        self.folder = Path(tempfile.mkdtemp(prefix="rabbit-"))
        self.environment = os.environ | {
            "HOME": str(self.folder),
            "RABBITMQ_NODENAME": f"tests-{secrets.token_hex(4)}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(free_port()),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> RabbitServer:
        if os.getuid() == 0:
            shutil.chown(self.folder, "rabbitmq", "rabbitmq")
        try:
            self.start()
            self.wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self) -> None:
        with open(self.folder / "output", "ab") as output:
            self.process = subprocess.Popen(
                [program()],
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def empty(self) -> None:
        """Forget what the test before has left."""
        with Connection(self.url) as connection:
            channel = connection.channel()
            for queue in ("celery", "platform"):
                channel.queue_delete(queue)

    def kill(self) -> None:
        """End it as a crash of the machine does; `start` brings it back with what it had on disk."""
        assert self.process is not None
        os.kill(self.pid, signal.SIGKILL)
        self.process.wait(30)

    def freeze(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    @property
    def pid(self) -> int:
        """Of the server itself, which scripts have started."""
        return int((self.folder / "pid").read_text())

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with Connection(self.url, connect_timeout=2) as connection:
                    connection.ensure_connection(max_retries=1)
                return
            except (OSError, OperationalError):
                said = (self.folder / "output").read_text()
                assert time.monotonic() < deadline, f"RabbitMQ does not answer\n{said}"
                time.sleep(0.5)

    def __exit__(self, *_: object) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(30)
        subprocess.run(["epmd", "-kill"], env=self.environment, capture_output=True, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def program() -> str:
    """Return Debian's rabbitmq-server, which lies where an ordinary user's PATH may not look."""
    return shutil.which("rabbitmq-server", path=f"{os.environ['PATH']}:/usr/sbin") or ""
