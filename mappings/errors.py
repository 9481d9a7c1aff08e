"""What resolution may refuse."""


class MappingError(Exception):
    """Base: a mapping question has no usable answer. `message` is one sentence for staff."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class MappingMissing(MappingError):
    """No row, no default: staff must add a mapping row or a default."""
