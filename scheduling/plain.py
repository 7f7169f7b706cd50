"""Text that somebody else wrote, made fit to be stored and shown."""

MAXIMUM = 2000


def plain(text: object, most: int = MAXIMUM) -> str:
    """Return `text` in at most `most` characters, all of which Postgres can store.

    A NUL or half a surrogate pair, which a tenant can write in JSON, would otherwise make the very
    statement fail that sets its row aside.
    """
    printable = (char if char.isprintable() or char == "\n" else "\ufffd" for char in str(text))
    return "".join(printable).strip()[:most]


def error_text(error: Exception) -> str:
    """Return an unforeseen error's kind and message."""
    return plain(f"{type(error).__name__}: {error}")
