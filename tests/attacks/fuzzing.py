"""How much is tried: little and the same each time in `make test`, much and anew in `make test-long`."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

QUICK, LONG = 40, 2000
EXAMPLES = pytest.mark.parametrize("examples", [QUICK, pytest.param(LONG, marks=pytest.mark.long)])

ANYTHING = st.text(max_size=40)
#: Text that looks like what is asked for until one looks closer.
CRONTAB = st.text("0123456789*/,-LW#? \t\n٣\0", max_size=30) | st.lists(
    st.sampled_from(
        ["*", "*/15", "7", "0,,5", "-5", "5-1", "61", "31", "mon", "1-7/2", "99999999"]
    ),
    min_size=5,
    max_size=5,
).map(" ".join)


def try_all(check: Callable[..., None], examples: int, **strategies: Any) -> None:
    """Call `check` with so many examples; it may raise nothing."""
    options = settings(
        max_examples=examples, derandomize=examples == QUICK, deadline=None, database=None
    )
    given(**strategies)(options(check))()
