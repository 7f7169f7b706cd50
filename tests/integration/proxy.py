"""A cable that can be pulled or fall silent: forwards a local port to a server meanwhile."""

from __future__ import annotations

import contextlib
import select
import socket
import threading

from tests.integration.stack import free_port


class Cable:
    """Listens on a port of its own only while plugged in; pulling it cuts what goes through it.

    What goes through it while it is silent is lost, and both ends take the connection for alive:
    for ever, also after it speaks again, which lets new connections through.
    """

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.port = free_port()
        self.listener: socket.socket | None = None
        self.sockets: set[socket.socket] = set()
        self.is_silent = False
        self.silenced: set[socket.socket] = set()

    def fall_silent(self) -> None:
        self.is_silent = True
        self.silenced |= self.sockets

    def speak(self) -> None:
        self.is_silent = False

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
        """Pass on what comes, to the end of either side; a server that is away is an end as well."""
        with contextlib.suppress(OSError), inside:
            with socket.create_connection(("127.0.0.1", self.target_port)) as outside:
                self.connect({inside: outside, outside: inside})

    def connect(self, ends: dict[socket.socket, socket.socket]) -> None:
        self.sockets |= set(ends)
        self.silenced |= set(ends) if self.is_silent else set()
        try:
            while all(self.pump(source, ends[source]) for source in readable(ends)):
                pass
            inside, _outside = ends
            while inside in self.silenced and inside.recv(65536):
                pass
        finally:
            self.sockets -= set(ends)
            self.silenced -= set(ends)

    def pump(self, source: socket.socket, target: socket.socket) -> bool:
        """Pass on what is there; return False at the end, or at the first that a silence swallows."""
        data = source.recv(65536)
        if source in self.silenced:
            return False
        target.sendall(data)
        return bool(data)


def readable(ends: dict[socket.socket, socket.socket]) -> list[socket.socket]:
    return select.select(list(ends), [], [])[0]
