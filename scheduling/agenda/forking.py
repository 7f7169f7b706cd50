"""Threads in a process that forks: what a child must not inherit."""

import logging
import os


def guard_logs_while_forking() -> None:
    """Let this process fork a child only while no thread is amid a line of the log.

    The child would inherit the lock of the stream, held, and wait for ever with its first line. Its
    handlers' own locks Python makes anew.
    """
    for handler in logging.getLogger().handlers:
        os.register_at_fork(before=handler.acquire, after_in_parent=handler.release)
