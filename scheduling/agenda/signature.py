"""The platform's signature on every message: what somebody else wrote to the broker has none.

It covers what a message makes happen, so one that was signed cannot be turned into another. Sending
a genuine message again changes nothing: the ledger knows its id.
"""

import json
from typing import Any

from django.core.signing import BadSignature, Signer

HEADER = "tenantbeat_signature"
SALT = "a message to a worker"


def sign(task: str, message_id: Any, args: Any = None, kwargs: Any = None) -> str:
    """Return the signature of a message, made with the newest secret key."""
    return Signer(salt=SALT).signature(content_of(task, message_id, args, kwargs))


def is_genuine(signature: Any, task: str, message_id: Any, args: Any, kwargs: Any) -> bool:
    """Whether we signed this message, with the secret key or one that is still accepted."""
    try:
        Signer(salt=SALT).unsign(f"{content_of(task, message_id, args, kwargs)}:{signature}")
    except BadSignature:
        return False
    return True


def content_of(task: str, message_id: Any, args: Any, kwargs: Any) -> str:
    # As JSON, in which a tuple that was sent and the list that arrived are the same.
    return json.dumps([task, message_id, list(args or ()), dict(kwargs or {})], sort_keys=True)
