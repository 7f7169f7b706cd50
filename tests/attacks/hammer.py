"""Fifty clients that go from one tenant's host to the next, well-behaved and not, and what they saw."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPException

import psycopg2

from tests.integration.person import Page, Person

DICE = random.SystemRandom()
CLIENTS = 50
#: Between two sessions that the saboteur ends or whose statement it cancels, in seconds.
SABOTAGE_PAUSE = 0.15
ORDERS = "/admin/orders/order/"


@dataclass
class Shop:
    """A tenant, its owner logged in, and the name that all of its customers bear."""

    slug: str
    schema: str
    owner: Person
    orders: Sequence[int]

    @property
    def marker(self) -> str:
        return f"customer of {self.slug}"


@dataclass
class Seen:
    """What all clients saw together. Appending and counting are safe between threads."""

    foreign: list[tuple[str, str]] = field(default_factory=list)
    answers: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, shop: Shop, shops: Sequence[Shop], action: str, page: Page) -> None:
        with self.lock:
            self.answers[shop.slug, action, page.status] += 1
        others = [other.marker for other in shops if other is not shop]
        self.foreign += [(shop.slug, marker) for marker in others if marker in page.text]

    def times(self, shop: Shop, action: str, status: int = 200) -> int:
        return self.answers[shop.slug, action, status]


def read_list(person: Person, _shop: Shop) -> Page:
    return person.get(ORDERS)


def edit(person: Person, shop: Shop) -> Page:
    """Change an order; a proper answer is the list, where this order is shown as changed."""
    order = DICE.choice(shop.orders)
    return person.post(f"{ORDERS}{order}/change/", filled_in(person, shop, f"{order}"))


def edit_badly(person: Person, shop: Shop) -> Page:
    order = DICE.choice(shop.orders)
    answers = filled_in(person, shop, f"{order}") | {"total": "a lot", "placed_at_0": "never"}
    return person.post(f"{ORDERS}{order}/change/", answers)


def overflow(person: Person, shop: Shop) -> Page:
    """Ask for an order that no column can hold, so that the statement itself fails."""
    return person.get(f"{ORDERS}{10**30}/change/")


def forge(person: Person, shop: Shop) -> Page:
    return person.post(f"{ORDERS}add/", filled_in(person, shop, "1") | {"csrfmiddlewaretoken": "x"})


def filled_in(person: Person, shop: Shop, number: str) -> dict[str, str]:
    return {
        "csrfmiddlewaretoken": person.cookies["csrftoken"],
        "number": number,
        "customer": shop.marker,
        "placed_at_0": "2026-01-01",
        "placed_at_1": "00:00:00",
        "total": str(DICE.randrange(10**6)),
        "currency": "EUR",
        "status": DICE.choice(["open", "fulfilled"]),
        "initial-status": "cancelled",
    }


def give_up(person: Person, shop: Shop) -> Page:
    """Send a request and go, before the answer or in the middle of it."""
    with closing(socket.create_connection(("127.0.0.1", person.port), timeout=5)) as link:
        head = f"GET {ORDERS} HTTP/1.1\r\nHost: {person.host}\r\nCookie: {person.cookie_header()}"
        link.sendall(f"{head}\r\n\r\n".encode()[: DICE.choice([60, 10**4])])
        time.sleep(DICE.choice([0, 0.02, 0.2]))
    return Page(0, "", ORDERS)


ACTIONS: dict[Callable[[Person, Shop], Page], int] = {
    read_list: 6,
    edit: 5,
    edit_badly: 2,
    overflow: 1,
    forge: 1,
    give_up: 3,
}


def hammer(shops: Sequence[Shop], superuser_url: str, database: str, seconds: float) -> Seen:
    """Let all clients work at once for so long, while sessions of Postgres are ended under them."""
    seen, deadline = Seen(), time.monotonic() + seconds
    clients = [
        threading.Thread(target=visit_all, args=(shops, seen, deadline)) for _ in range(CLIENTS)
    ]
    clients.append(threading.Thread(target=sabotage, args=(superuser_url, database, deadline)))
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return seen


def visit_all(shops: Sequence[Shop], seen: Seen, deadline: float) -> None:
    kinds, weights = list(ACTIONS), list(ACTIONS.values())
    while time.monotonic() < deadline:
        for shop in DICE.sample(shops, len(shops)):
            (action,) = DICE.choices(kinds, weights)
            person = Person(shop.owner.host, shop.owner.port, dict(shop.owner.cookies))
            with suppress(OSError, HTTPException):  # a session that ended may take the answer along
                seen.note(shop, shops, action.__name__, action(person, shop))


def sabotage(superuser_url: str, database: str, deadline: float) -> None:
    """Cancel statements and end sessions of the product, whichever they are."""
    one = (
        "SELECT {}(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
        " ORDER BY state = 'active' DESC, random() LIMIT 1"
    )
    with closing(psycopg2.connect(superuser_url)) as connection:
        connection.autocommit = True
        while time.monotonic() < deadline:
            how = DICE.choices(["pg_cancel_backend", "pg_terminate_backend"], [4, 1])[0]
            with connection.cursor() as cursor:
                cursor.execute(one.format(how), [database])
            time.sleep(SABOTAGE_PAUSE)
