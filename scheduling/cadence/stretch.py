"""Many slots said in one."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Stretch:
    """`count` slots, hardly ever none, from `first_at` to `last_at`, in UTC."""

    first_at: datetime
    last_at: datetime
    count: int
