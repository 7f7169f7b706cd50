"""What sessions and links are tied to: one schema, since the tenant in it was last suspended."""

from tenants.schema import current_schema, current_tenant


def binding() -> str:
    """Return a text that is another one in every other schema, and after every suspension.

    User ids repeat from schema to schema, and a restored copy of a schema repeats the rest too.
    """
    epoch = getattr(current_tenant(), "sessions_epoch", 0)
    return f"{current_schema()}/{epoch}"
