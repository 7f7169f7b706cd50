"""A pool forks children while a watch writes to the log: none may inherit a lock that is held."""

import subprocess
import sys

import pytest

#: A thread writes long lines to a log that is read slowly, so that it is amid one nearly always.
PROGRAM = """
import logging, os, signal, sys, threading, time
from scheduling.agenda.forking import guard_logs_while_forking

reading, writing = os.pipe()
stream = os.fdopen(writing, "w", buffering=1)
logging.basicConfig(stream=stream, force=True)

def forever(act):
    def run():
        while True:
            act()
    threading.Thread(target=run, daemon=True).start()

def read():
    os.read(reading, 4096)
    time.sleep(0.0005)

forever(read)
forever(lambda: logging.warning("x" * 100_000))
if sys.argv[1] == "guarded":
    guard_logs_while_forking()
stuck = 0
for _ in range(3):
    time.sleep(0.02)
    child = os.fork()
    if child == 0:
        signal.alarm(1)
        logging.warning("here I am")
        os._exit(0)
    stuck += os.waitpid(child, 0)[1] != 0
print(stuck)
os._exit(0)
"""


@pytest.mark.parametrize(("how", "may_be_stuck"), [("guarded", False), ("as it is", True)])
def test_children_of_a_process_that_writes_its_log(how, may_be_stuck):
    done = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, timeout=60)

    assert (int(done.stdout) > 0) == may_be_stuck
