"""What the sandbox answers when it refuses a call."""

from __future__ import annotations


class PaceError(Exception):
    """A refusal, with the message that goes out as ``{"message": …}``."""

    def __init__(self, message: str, status: int = 500) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


class XPathError(PaceError):
    """A filter or sort that cannot be understood."""


class TransactionEnded(PaceError):
    """A transaction id that is unknown, timed out, committed or rolled back."""

    def __init__(self, txn_id: str) -> None:
        super().__init__(f"Transaction {txn_id} does not exist or has ended")


def not_found(type_name: str, key: object) -> PaceError:
    """The object that was asked for, or that a field refers to, does not exist."""
    return PaceError(f"Unable to locate object {type_name} with primary key '{key}'")


def unknown_field(field: str, type_name: str) -> PaceError:
    """A field that this type of object does not have."""
    return PaceError(f"Unknown field '{field}' on object '{type_name}'")
