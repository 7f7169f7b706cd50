"""Time zones by the names that are in use today, with the older names that lead to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from tenants.names import known_timezones

UTC = "UTC"
#: Names of one clock that never changes, under which people and browsers know UTC.
# fmt: off
SAME_AS_UTC = frozenset(
    [
        "Etc/GMT", "Etc/GMT+0", "Etc/GMT-0", "Etc/GMT0", "Etc/Greenwich", "Etc/UCT", "Etc/UTC",
        "Etc/Universal", "Etc/Zulu", "GMT", "GMT+0", "GMT-0", "GMT0", "Greenwich", "UCT", "Universal",
        "Zulu",
    ]
)
# fmt: on
#: Where the database leads to a zone of the same clock in another country.
SAME_PLACE = {
    "Africa/Asmera": "Africa/Asmara",
    "Africa/Timbuktu": "Africa/Bamako",
    "America/Coral_Harbour": "America/Atikokan",
    "America/Virgin": "America/St_Thomas",
    "Antarctica/South_Pole": "Antarctica/McMurdo",
    "Atlantic/Jan_Mayen": "Arctic/Longyearbyen",
    "Iceland": "Atlantic/Reykjavik",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
    "Pacific/Yap": "Pacific/Chuuk",
}


@cache
def canonical_timezones() -> tuple[str, ...]:
    """Return the zones that a person chooses from, sorted: no older name of another one."""
    return tuple(sorted({canonical(name) for name in known_timezones()}))


@cache
def older_names() -> Mapping[str, tuple[str, ...]]:
    """Return what each zone was, or is elsewhere, called; by its name of today."""
    found = defaultdict(list)
    for name in sorted(known_timezones()):
        if canonical(name) != name:
            found[canonical(name)].append(name)
    return {name: tuple(older) for name, older in found.items()}


def canonical(name: str) -> str:
    """Return today's name of a zone, as in America/New_York for US/Eastern; others as they are."""
    if name == UTC or name in SAME_AS_UTC:
        return UTC
    current = SAME_PLACE.get(name, name)
    while current not in named_by_country() and current in links():
        current = links()[current]
    return current if current in known_timezones() else name


@cache
def named_by_country() -> frozenset[str]:
    """Return the names that some country goes by today, as Europe/Oslo, whatever its clock is like."""
    lines = database("zone.tab")
    return frozenset(line.split("\t")[2].strip() for line in lines if not line.startswith("#"))


@cache
def links() -> Mapping[str, str]:
    """Return which zone each other name leads to, by the time zone database."""
    words = (line.split() for line in database("tzdata.zi") if line.startswith("L "))
    return {alias: target for _letter, target, alias in words}


def database(name: str) -> list[str]:
    # The package's and not the system's, which may be built without these files.
    return (files("tzdata") / "zoneinfo" / name).read_text(encoding="utf-8").splitlines()
