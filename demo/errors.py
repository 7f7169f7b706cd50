"""Why the demo cannot go on, in words for the person who started it."""


class DemoError(Exception):
    """Shown as it is, then everything is stopped and the exit code is 1."""
