"""Too many failed log-ins: what is counted, for how long, and what the one who is refused sees.

Three limits, each over the last 15 minutes (`AXES_COOLOFF_TIME`) in this schema alone. The one of an
account over all addresses would let anybody keep its owner out from afar. It therefore spares the
places the account logged in from lately, and a new password by mail lifts it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from tenants.accounts.events import LoginEvent
from tenants.accounts.models import User
from tenants.accounts.places import network_of

ACCOUNT_AND_ADDRESS_LIMIT = 5
ACCOUNT_LIMIT = 50
ADDRESS_LIMIT = 50
KNOWN_PLACE = timedelta(days=30)

Credentials = dict[str, Any] | None


class LoginThrottle(AxesDatabaseHandler):
    """Counts failures in the database, for an account at an address, an account, and an address."""

    def get_failures(self, request: Any, credentials: Credentials = None) -> int:
        """Return how many of the limits are reached."""
        attempts = self.get_user_attempts(request, credentials)
        together, of_account, of_address = map(count_failures, attempts)
        return sum(
            [
                together >= ACCOUNT_AND_ADDRESS_LIMIT,
                of_address >= ADDRESS_LIMIT,
                of_account >= ACCOUNT_LIMIT
                and not is_known_place(account_of(request, credentials), request.axes_ip_address),
            ]
        )

    def reset_user_attempts(self, request: Any, credentials: Credentials = None) -> int:
        """Forgive the account at this address alone: its owner may be its attacker's neighbour."""
        together, *_others = self.get_user_attempts(request, credentials)
        count, _per_model = together.delete()
        return int(count)


def count_failures(attempts: QuerySet[Any]) -> int:
    return attempts.aggregate(sum=Sum("failures_since_start"))["sum"] or 0


def is_known_place(account: str, network: str | None) -> bool:
    """Whether the account logged in from there lately, so that it is no stranger who tries."""
    log_ins = LoginEvent.objects.since(timezone.now() - KNOWN_PLACE)
    mine = log_ins.filter(login=account, kind=LoginEvent.Kind.LOGGED_IN).order_by()
    addresses = mine.values_list("address", flat=True).distinct()
    return network in {network_of(address) for address in addresses}


def account_of(request: HttpRequest, credentials: Credentials = None) -> str:
    """Return the account that a log-in names: an e-mail address and a login name may be the same one."""
    typed = str((credentials or request.POST).get("username") or "")
    user = find_user(typed)
    return user.get_username() if user else typed.strip().lower()[:254]


def find_user(login: str) -> User | None:
    try:
        return User.objects.get_by_natural_key(login)
    except User.DoesNotExist:
        return None


def is_locked(request: HttpRequest, user: User) -> bool:
    """Whether this client must not try for this user; if so, the middleware answers for us."""
    locked = not AxesProxyHandler.is_allowed(request, {"username": user.get_username()})
    request.axes_locked_out = locked  # type: ignore[attr-defined]
    return locked


def count_failure(request: HttpRequest, user: User) -> None:
    """Count a wrong code as a wrong password is counted."""
    credentials = {"username": user.get_username()}
    user_login_failed.send(sender=__name__, credentials=credentials, request=request)


def unlock(user: User) -> int:
    """Forget the failed log-ins of one account, from wherever, and return of how many places."""
    return int(AxesProxyHandler.reset_attempts(username=user.get_username()))


def forget_what_was_sent(sender: Any, instance: AccessAttempt, **_: Any) -> None:
    """Keep nothing of a failed request's own fields, which are as long as its sender likes."""
    instance.get_data = instance.post_data = ""


def locked_page(request: HttpRequest, _answer: Any, _credentials: Credentials) -> HttpResponse:
    """The same for an account that exists and one that does not, and for a right password."""
    wait = settings.AXES_COOLOFF_TIME
    name = request.tenant.name  # type: ignore[attr-defined]
    context = {"minutes": int(wait.total_seconds() // 60), "site_header": name, "site_title": name}
    text = render_to_string("accounts/locked.html", context, request)
    return HttpResponse(text, status=429, headers={"Retry-After": str(int(wait.total_seconds()))})
