"""A cable that can be pulled: forwards a local port to a server, while it is plugged in."""

from __future__ import annotations

import contextlib
import select
import socket
import threading

from tests.integration.stack import free_port


class Cable:
    """Listens on a port of its own only while plugged in; pulling it cuts what goes through it."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.port = free_port()
        self.listener: socket.socket | None = None
        self.sockets: set[socket.socket] = set()

    def plug_in(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def pull(self) -> None:
        if self.listener:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            self.listener = None
        for end in list(self.sockets):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                inside, _ = listener.accept()
                threading.Thread(target=self.forward, args=(inside,), daemon=True).start()

    def forward(self, inside: socket.socket) -> None:
        outside = socket.create_connection(("127.0.0.1", self.target_port))
        ends = {inside: outside, outside: inside}
        self.sockets |= set(ends)
        with contextlib.suppress(OSError):
            while all(self.pump(source, ends[source]) for source in readable(ends)):
                pass
        self.sockets -= set(ends)
        inside.close()
        outside.close()

    @staticmethod
    def pump(source: socket.socket, target: socket.socket) -> bool:
        data = source.recv(65536)
        target.sendall(data)
        return bool(data)


def readable(ends: dict[socket.socket, socket.socket]) -> list[socket.socket]:
    return select.select(list(ends), [], [])[0]
