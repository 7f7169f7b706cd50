"""How much of a web process one tenant may have at once, so that a hammering one waits for itself."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Share:
    """Counts the requests that are being answered, by tenant."""

    def __init__(self) -> None:
        self.counts: Counter[int] = Counter()
        self.lock = threading.Lock()

    @contextmanager
    def taken(self, tenant_id: int, most: int) -> Iterator[bool]:
        """Take a place for the length of the block; False when the tenant has `most` already."""
        with self.lock:
            is_free = self.counts[tenant_id] < most
            self.counts[tenant_id] += is_free
        try:
            yield is_free
        finally:
            with self.lock:
                self.counts[tenant_id] -= is_free
                if not self.counts[tenant_id]:
                    del self.counts[tenant_id]
