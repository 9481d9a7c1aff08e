"""The fixture of all histories."""

from tests.histories.play import play

__all__ = ["play"]
