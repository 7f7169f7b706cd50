"""How many orders a step takes, so that nobody waits long for one of them."""

import time

#: A step's locks are to be held for about so long. What comes with each, however small, takes 5 ms;
#: and a machine that is busy with other work, or a checkpoint, makes one step take a few times longer
#: than the one before.
STEP_SECONDS = 0.08
SIZE_MINIMUM, SIZE_MAXIMUM = 100, 20_000  # orders


class Pace:
    """Sets the size of the next step by how long the last one took, up to its commit."""

    def __init__(self, size: int) -> None:
        self.size, self.least = size, min(size, SIZE_MINIMUM)
        self.begun_at = 0.0

    def begin(self) -> None:
        self.begun_at = time.monotonic()

    def end(self) -> None:
        self.adapt(time.monotonic() - self.begun_at)

    def adapt(self, seconds: float) -> None:
        """Take as many as would have fitted, at most twice as many as before."""
        fitting = int(self.size * min(STEP_SECONDS / max(seconds, 1e-6), 2.0))
        self.size = max(self.least, min(fitting, SIZE_MAXIMUM))
