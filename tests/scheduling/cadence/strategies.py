"""Crontabs, choices and changes of clocks to try them on."""

from datetime import UTC, datetime
from functools import lru_cache

from hypothesis import strategies as st

from tests.scheduling.cadence import oracle

ZONES = [
    "UTC",
    "Asia/Kolkata",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/Istanbul",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "America/Asuncion",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/Caracas",
    "America/Nuuk",
    "America/Metlakatla",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Juba",
    "Antarctica/Troll",
    "Antarctica/Casey",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Amman",
    "Asia/Tehran",
    "Asia/Pyongyang",
    "Asia/Almaty",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Easter",
    "Pacific/Norfolk",
    "Pacific/Bougainville",
]
ODD_CHANGES = [
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ("America/St_Johns", datetime(2010, 11, 7, 2, 31, tzinfo=UTC)),
    ("America/St_Johns", datetime(2010, 3, 14, 3, 31, tzinfo=UTC)),
    ("America/Toronto", datetime(1919, 3, 31, 4, 30, tzinfo=UTC)),
    ("America/Rankin_Inlet", datetime(1957, 1, 1, tzinfo=UTC)),
    ("Pacific/Kwajalein", datetime(1969, 9, 30, 13, tzinfo=UTC)),
    ("Pacific/Kwajalein", datetime(1993, 8, 21, 12, tzinfo=UTC)),
]
SOME_DAY = datetime(2026, 1, 31, 12, tzinfo=UTC)


@lru_cache
def all_changes() -> list[tuple[str, datetime]]:
    found = [(zone, at) for zone in ZONES for at in oracle.changes(zone, 2015, 2035) or [SOME_DAY]]
    return found + ODD_CHANGES * 20


def items(low: int, high: int, steps: list[str]) -> st.SearchStrategy[str]:
    number = st.integers(low, high).map(str)
    span = st.tuples(number, number).map("-".join)
    stepped = st.tuples(st.just("*") | span, st.sampled_from(steps)).map("/".join)
    return st.lists(number | span | stepped, min_size=1, max_size=3).map(",".join)


minutes = st.sampled_from(["0", "30", "*/5", "*", "59", "1"]) | items(0, 59, ["7", "20"])
hours = st.sampled_from(["*", "*/1", "0-23", "0", "2", "23", "22-3"]) | items(
    0, 23, ["1", "2", "5"]
)
days = st.just("*") | items(1, 31, ["1", "2"])
weekdays = st.just("*") | items(0, 7, ["1", "2"])
crontabs = st.tuples(minutes, hours, days, st.just("*"), weekdays).map(" ".join)
choices = st.fixed_dictionaries(
    {"gap": st.sampled_from(["shift", "skip"]), "repeat": st.sampled_from(["first", "both"])}
)
changes = st.deferred(lambda: st.sampled_from(all_changes()))
