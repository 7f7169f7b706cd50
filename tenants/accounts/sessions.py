"""Where sessions are kept: in the schema they belong to, good there alone and while it is not suspended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.http import HttpRequest
from django.utils import timezone

from tenants.accounts.binding import binding
from tenants.accounts.places import address_of, user_agent_of

if TYPE_CHECKING:
    from tenants.accounts.session_rows import Session

CLIENT_KEY = "client"
#: A session that is in use says so at most this often, so that reading a page writes nothing.
SEEN_EVERY = timedelta(minutes=5)


class SessionStore(db.SessionStore):
    """Signs what it stores for this schema and epoch: elsewhere, and after a suspension, it is void."""

    @classmethod
    def get_model_class(cls) -> Any:
        from tenants.accounts.session_rows import Session

        return Session

    @property
    def key_salt(self) -> str:
        return f"{super().key_salt}/{binding()}"

    def load(self) -> dict[str, Any]:
        data: dict[str, Any] = super().load()
        if self.session_key and not data:
            # Without a key Django takes the visitor's cookie away.
            self.delete()
            self._session_key = None
        return data

    def _get_session_from_db(self) -> Session | None:
        row: Session | None = super()._get_session_from_db()  # type: ignore[misc]
        now = timezone.now()
        if row and row.seen_at < now - SEEN_EVERY:
            self.get_model_class().objects.filter(pk=row.pk).update(seen_at=now)
        return row

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = cast("Session", super().create_model_instance(data))
        client = data.get(CLIENT_KEY, {})
        row.user_id = data.get(SESSION_KEY)
        row.address, row.user_agent = client.get("address"), client.get("user_agent", "")
        if "since" in client:
            row.created_at = datetime.fromisoformat(client["since"])
        return row


def note_client(request: HttpRequest, now: datetime) -> None:
    """Keep in a session that begins from where it began, for its owner's list."""
    request.session[CLIENT_KEY] = {
        "address": address_of(request),
        "user_agent": user_agent_of(request),
        "since": now.isoformat(),
    }
