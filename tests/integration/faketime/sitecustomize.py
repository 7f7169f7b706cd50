"""Read by Python at start in processes under libfaketime, whose 0.9.10 breaks `time.sleep`.

Its clock_nanosleep takes an instant of CLOCK_MONOTONIC for one of the clock that it fakes.
"""

import select
import time


def sleep(seconds):
    select.select([], [], [], seconds)


time.sleep = sleep
