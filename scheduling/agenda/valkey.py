"""The Redis and Valkey transport, which drops what is no message at all.

kombu raises out of the worker's main loop on a list entry that is not its JSON, and the worker ends.
"""

from typing import Any

import structlog
from kombu.transport import redis

logger = structlog.get_logger(__name__)


class Channel(redis.Channel):
    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)
        except ValueError as error:
            logger.error("message refused", reason=f"no JSON: {error}"[:200])
            return True


class Transport(redis.Transport):
    Channel = Channel

    def _deliver(self, message: Any, queue: str) -> None:
        if is_envelope(message):
            super()._deliver(message, queue)
        else:
            logger.error("message refused", reason="no envelope", content=repr(message)[:200])


def is_envelope(message: Any) -> bool:
    """Whether kombu finds where it looks what it takes for granted."""
    if not isinstance(message, dict) or not isinstance(message.get("properties"), dict):
        return False
    properties = message["properties"]
    texts = (message.get("body"), properties.get("delivery_tag"))
    mappings = (properties.get("delivery_info"), message.get("headers"))
    return (
        properties.get("body_encoding") == "base64"
        and all(isinstance(text, str) for text in texts)
        and all(isinstance(mapping, dict) for mapping in mappings)
        and all(isinstance(message.get(name), str) for name in ("content-type", "content-encoding"))
    )
