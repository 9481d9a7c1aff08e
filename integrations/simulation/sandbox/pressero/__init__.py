"""A Pressero to try configurations against, for tests and for the demo."""

from .builders import Buyer, FileDraft, ItemDraft, OrderDraft
from .catalog import SandboxAddress
from .server import PresseroSandbox

__all__ = ["Buyer", "FileDraft", "ItemDraft", "OrderDraft", "PresseroSandbox", "SandboxAddress"]
