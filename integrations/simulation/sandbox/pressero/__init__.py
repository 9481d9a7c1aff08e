"""A Pressero to try configurations against, for tests and for the demo."""

from .builders import Buyer, FileDraft, ItemDraft, OrderDraft
from .catalog import Address
from .server import PresseroSandbox

__all__ = ["Address", "Buyer", "FileDraft", "ItemDraft", "OrderDraft", "PresseroSandbox"]
