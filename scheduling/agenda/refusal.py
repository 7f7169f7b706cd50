"""What is refused, told in one way, so that whoever watches the log looks for one word.

Each such line has `security_event=message_refused`: somebody wrote to the broker who is not us, or
our own ledger does not bear out what was written.
"""

from typing import Any

import structlog

logger = structlog.get_logger(__name__)

LONGEST = 500  # characters of what somebody else wrote


def log_refusal(reason: str, content: Any = "", **ids: Any) -> None:
    """Log that a message was refused and why, with the beginning of what was in it."""
    told = ids | ({"content": str(content)[:LONGEST]} if content else {})
    logger.error(
        "message refused", security_event="message_refused", reason=reason[:LONGEST], **told
    )
