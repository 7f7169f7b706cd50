"""Who is at work: somebody at a page, a task, or a command."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from celery import current_task
from django.http import HttpRequest

from tenants.accounts.places import address_of


@dataclass(frozen=True)
class Author:
    """Whom an entry names. `actor` is a login name, kept as text: the user may be deleted later."""

    via: str
    actor: str = ""
    actor_id: int | None = None
    address: str | None = None


#: How to find out who is at work in this thread; a function, because people log in during a request.
_finder: ContextVar[Callable[[], Author] | None] = ContextVar("audit_author", default=None)


@contextmanager
def acting(finder: Callable[[], Author]) -> Iterator[None]:
    """Have everything that is written in this block name the author that `finder` returns."""
    token = _finder.set(finder)
    try:
        yield
    finally:
        _finder.reset(token)


def author() -> Author:
    """Return who is at work here; where nobody said so, the task or else the program."""
    if finder := _finder.get():
        return finder()
    if current_task:
        return Author(via=f"task {current_task.name}")
    return Author(via=program(sys.argv))


def program(argv: list[str]) -> str:
    name = Path(argv[0]).name
    return f"command {argv[1]}" if name == "manage.py" and argv[1:] else f"program {name}"


def visitor(request: HttpRequest) -> Author:
    """Return who sent a request. The page is named and not its path, which may hold a secret link."""
    user = getattr(request, "user", None)
    who = user if user and user.is_authenticated else None
    page = request.resolver_match.view_name if request.resolver_match else ""
    return Author(
        via=f"page {page}",
        actor=who.get_username() if who else "",
        actor_id=who.pk if who else None,
        address=address_of(request),
    )
