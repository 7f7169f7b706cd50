"""Handing mails to the mail server, which may be away, or refuse one of them."""

from collections.abc import Iterable
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any

import structlog
from django.core.mail import EmailMessage, get_connection

logger = structlog.get_logger(__name__)

#: Said of one mail; another one may go. ValueError is of a header or address that cannot be written.
REFUSALS = (SMTPRecipientsRefused, SMTPDataError, ValueError)
#: So that no absence note answers.
HEADERS = {"Auto-Submitted": "auto-generated"}


class ServerAway(Exception):
    """Nothing can be sent now; it is tried again at the next pass."""


class Postbox:
    """One connection for the mails of a pass, opened for the first of them."""

    def __init__(self) -> None:
        self.connection: Any = get_connection()

    def __enter__(self) -> "Postbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def send(self, messages: Iterable[EmailMessage]) -> tuple[int, int]:
        """Return how many the server took and how many it refused; raises ServerAway."""
        taken = [self.takes(message) for message in messages]
        return taken.count(True), taken.count(False)

    def takes(self, message: EmailMessage) -> bool:
        try:
            self.connection.open()
            self.connection.send_messages([message])
        except REFUSALS as error:
            logger.warning("mail refused", to=message.to, reason=str(error))
            return False
        except OSError as error:  # which all errors of smtplib are
            logger.warning("mail cannot be sent", reason=str(error) or type(error).__name__)
            raise ServerAway from error
        return True
