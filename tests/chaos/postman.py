"""Sees every message that the broker is given, and delivers it again when asked to."""

from __future__ import annotations

import codecs
import contextlib
import re
import threading
import time
from collections import deque

import redis

#: So many of the latest messages are kept: half a minute's, and the oldest are long settled.
REMEMBERED = 200
LOOK_SECONDS = 0.2
QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"')

Message = tuple[bytes, bytes]


class Postman:
    """Listens to the broker's MONITOR in a thread of its own, also after the broker was killed."""

    def __init__(self, broker_url: str) -> None:
        self.client = redis.Redis.from_url(broker_url, socket_connect_timeout=2, socket_timeout=5)
        self.seen: deque[Message] = deque(maxlen=REMEMBERED)
        self.is_doubling = False
        self.repeated = 0
        self.is_done = threading.Event()
        self.thread = threading.Thread(target=self.listen, daemon=True)

    def __enter__(self) -> Postman:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_done.set()
        self.thread.join(10)
        self.client.close()

    def repeat_all(self) -> None:
        """Deliver again everything remembered, settled long ago or still under way."""
        for message in list(self.seen):
            self.push(message)

    def cut_connections(self) -> None:
        for kind in ("normal", "pubsub"):
            self.client.client_kill_filter(_type=kind, skipme=True)

    def push(self, message: Message) -> None:
        self.client.lpush(*message)
        self.repeated += 1

    def listen(self) -> None:
        while not self.is_done.is_set():
            with contextlib.suppress(redis.RedisError, OSError):
                self.watch()
            time.sleep(LOOK_SECONDS)

    def watch(self) -> None:
        connection = self.client.connection_pool.get_connection()
        try:
            connection.send_command("MONITOR")
            connection.read_response()
            while not self.is_done.is_set():
                if connection.can_read(timeout=LOOK_SECONDS):
                    self.notice(connection.read_response())
        finally:
            connection.disconnect()
            self.client.connection_pool.release(connection)

    def notice(self, line: bytes) -> None:
        for message in messages_in(line):
            # What we pushed ourselves comes by here too.
            if message not in self.seen:
                self.seen.append(message)
                if self.is_doubling:
                    self.push(message)


def messages_in(line: bytes) -> list[Message]:
    """Return queue and message of all that a line of MONITOR tells to have been put into a queue."""
    words = [codecs.escape_decode(word)[0] for word in QUOTED.findall(line)]
    if len(words) < 3 or words[0].upper() != b"LPUSH":
        return []
    return [(words[1], word) for word in words[2:] if word.startswith(b"{")]
