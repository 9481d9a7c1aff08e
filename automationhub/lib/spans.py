"""What a span is to the code it stands around, whether it is recorded or not."""

from __future__ import annotations

Fact = str | int | bool


class Span:
    """A span around a `with` block. This one is of a hub without traces: it does nothing."""

    __slots__ = ()

    def __enter__(self) -> Span:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        """It is over."""

    def set(self, name: str, value: Fact | None) -> None:
        """Note a fact; None is left out."""

    def fail(self, kind: str) -> None:
        """It failed, in this way (the name of a class or of a failure mode, never a message)."""
