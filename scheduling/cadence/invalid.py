"""What is said about a cadence that cannot be kept."""


class InvalidCadence(ValueError):
    """`field` cannot be read; `message` tells the tenant what is wrong and what would be right."""

    def __init__(self, field: str, message: str) -> None:
        # Both go to ValueError as well, so that the error can be pickled on its way out of a
        # worker.
        super().__init__(field, message)
        self.field = field
        self.message = message

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"
