"""Whether an order is sent, and which of its items (docs/mapping.md §1)."""

from dataclasses import dataclass
from typing import Literal

from integrations.clients.schemas import PresseroItem, PresseroOrder
from integrations.planning.kits import Kits
from integrations.planning.plan_types import Note

DecisionKind = Literal["send", "wait", "denied", "nothing"]


@dataclass(frozen=True)
class Decision:
    """What is to be done with an order as it stands now.

    `items` are the seqs that are sent ("send" only): the items that become parts and the kits they belong to.
    `left_out` says of every other item why it is not sent; `undecided` are the seqs still waited for; `reason` is one
    sentence for staff.
    """

    kind: DecisionKind
    items: tuple[int, ...] = ()
    left_out: tuple[Note, ...] = ()
    undecided: tuple[int, ...] = ()
    reason: str = ""


def decide(order: PresseroOrder, wait_for_approval: bool, *, assume_approved: bool = False) -> Decision:
    """What is to be done with an order as just read from Pressero (docs/mapping.md §1).

    A denied kit takes its children with it, whatever those say. A kit's child has a decision of its own, like any item.
    `assume_approved` treats undecided items as approved: what a preview shows of an order that still waits.
    """
    kits = Kits(order)
    if not kits.items:
        return Decision("nothing", reason=f"Order {order.number}: Pressero shows no items of this order yet.")
    denied = {item.seq for item in kits.items if _is_denied(item, kits)}
    open_items = tuple(item.seq for item in kits.items if item.seq not in denied and item.is_undecided)
    left_out = tuple(note for item in kits.items if (note := _left_out(item, kits)) is not None)
    if wait_for_approval and open_items and not assume_approved:
        return Decision("wait", (), left_out, open_items, _waiting(open_items))
    sent = tuple(item.seq for item in kits.items if item.seq not in denied and _goes(item, kits, denied))
    if not sent:
        return Decision(
            "denied", (), left_out, (), f"Order {order.number}: every item was denied in Pressero."
        )
    undecided = open_items if wait_for_approval else ()
    return Decision(
        "send", sent, left_out, undecided, _cleared(sent, undecided, len(denied), wait_for_approval)
    )


def _is_denied(item: PresseroItem, kits: Kits) -> bool:
    return item.is_denied or any(parent.is_denied for parent in kits.ancestors(item))


def _goes(item: PresseroItem, kits: Kits, denied: set[int]) -> bool:
    """Whether an item that is not denied is sent: a kit goes unless all that it would become was denied."""
    if not kits.is_kit(item):
        return kits.is_part(item)
    below = kits.parts_below(item)
    # A kit without any child to send stays: the plan then names it, instead of dropping it in silence.
    return not below or any(part.seq not in denied for part in below)


def _left_out(item: PresseroItem, kits: Kits) -> Note | None:
    name = f"item {item.seq} ({item.product_name})" if item.product_name else f"item {item.seq}"
    if item.is_denied:
        return Note(f"{name} is left out: it was denied in Pressero", item=item.seq)
    for parent in kits.ancestors(item):
        if parent.is_denied:
            return Note(
                f"{name} is left out: its kit, item {parent.seq}, was denied in Pressero", item=item.seq
            )
    if kits.is_empty(item):
        return Note(f"{name} is left out: it is a component of a kit with quantity 0", item=item.seq)
    return None


def _waiting(undecided: tuple[int, ...]) -> str:
    verb = "waits" if len(undecided) == 1 else "wait"
    return f"{_items(undecided)} {verb} for approval in Pressero."


def _cleared(sent: tuple[int, ...], undecided: tuple[int, ...], denied: int, wait_for_approval: bool) -> str:
    """What lets the items be sent. Whether they are is not known yet: the plan may still have problems."""
    approved = tuple(seq for seq in sent if seq not in undecided)
    sentences = []
    if not wait_for_approval:
        sentences.append("No approval is needed.")
    elif approved:
        sentences.append(f"{_items(approved)} {_is(approved)} approved.")
    if undecided:
        sentences.append(f"{_waiting(undecided)} The preview treats {_it(undecided)} as approved.")
    if denied:
        sentences.append(f"{denied} {'item was' if denied == 1 else 'items were'} denied.")
    return " ".join(sentences)


def _items(seqs: tuple[int, ...]) -> str:
    if len(seqs) == 1:
        return f"Item {seqs[0]}"
    return f"Items {', '.join(map(str, seqs[:-1]))} and {seqs[-1]}"


def _is(seqs: tuple[int, ...]) -> str:
    return "is" if len(seqs) == 1 else "are"


def _it(seqs: tuple[int, ...]) -> str:
    return "it" if len(seqs) == 1 else "them"
