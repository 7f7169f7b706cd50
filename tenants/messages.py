"""What a refusal says, for places that have one line for it."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError


def one_line(error: ValidationError) -> str:
    """Return what is wrong, each message after the name of its field."""
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    fields: Mapping[str, list[str]] = error.message_dict
    return " ".join(
        message if field == "__all__" else f"{field}: {message}"
        for field, messages in fields.items()
        for message in messages
    )
