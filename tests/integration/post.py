"""Writing to a broker whatever one likes, and looking at what is left in it."""

from __future__ import annotations

import base64
import json
import secrets
from typing import Any

from kombu import Connection
from redis import Redis

QUEUE = "celery"


class ValkeyPost:
    def __init__(self, url: str) -> None:
        self.redis = Redis.from_url(url)

    def send(
        self,
        headers: dict[str, Any],
        body: bytes,
        content_type: str = "application/json",
        encoding: str = "utf-8",
    ) -> None:
        envelope = {
            "body": base64.b64encode(body).decode(),
            "content-type": content_type,
            "content-encoding": encoding,
            "headers": headers,
            "properties": {
                "delivery_info": {"exchange": "", "routing_key": QUEUE},
                "delivery_tag": secrets.token_hex(16),
                "body_encoding": "base64",
            },
        }
        self.push(json.dumps(envelope))

    def push(self, entry: str | bytes) -> None:
        self.redis.lpush(QUEUE, entry)

    def left(self) -> int:
        """Return how many messages wait or are in a worker's hands."""
        return int(self.redis.llen(QUEUE)) + int(self.redis.hlen("unacked"))

    def close(self) -> None:
        self.redis.close()


class RabbitPost:
    def __init__(self, url: str) -> None:
        self.connection = Connection(url)
        self.channel = self.connection.channel()

    def send(
        self,
        headers: dict[str, Any],
        body: bytes,
        content_type: str = "application/json",
        encoding: str = "utf-8",
    ) -> None:
        message = self.channel.prepare_message(
            body, headers=headers, content_type=content_type, content_encoding=encoding
        )
        self.channel.basic_publish(message, routing_key=QUEUE)

    def left(self) -> int:
        """Return how many messages wait; once no worker is connected, these are all there are."""
        return int(self.channel.queue_declare(QUEUE, passive=True).message_count)

    def close(self) -> None:
        self.connection.release()
