"""Which items of an order are kits, their children and the lines that become job parts (docs/mapping.md §4)."""

from dataclasses import replace

from integrations.clients.schemas import Address, PresseroItem, PresseroOrder


class Kits:
    """The order's items as trees. Everything is in the order of the item numbers.

    An item is a kit when Pressero says so or when another item names it as its parent. A parent that is not in the
    order, or a chain of parents that runs in a circle, counts as no parent.
    """

    def __init__(self, order: PresseroOrder) -> None:
        self.items: tuple[PresseroItem, ...] = tuple(
            sorted(order.items, key=lambda item: (item.seq, item.id))
        )
        by_id = {item.id.casefold(): item for item in self.items if item.id}
        self._parent: dict[int, PresseroItem] = {}
        for item in self.items:
            parent = by_id.get(item.parent_id.casefold()) if item.parent_id else None
            if parent is not None and not self._leads_to(parent, item):
                self._parent[item.seq] = parent
        self._children: dict[int, list[PresseroItem]] = {}
        for item in self.items:
            if item.seq in self._parent:
                self._children.setdefault(self._parent[item.seq].seq, []).append(item)
        self._parts = tuple(item for item in self.items if self.is_part(item))

    def _leads_to(self, item: PresseroItem | None, goal: PresseroItem) -> bool:
        while item is not None:
            if item.seq == goal.seq:
                return True
            item = self._parent.get(item.seq)
        return False

    def is_kit(self, item: PresseroItem) -> bool:
        """Whether the item is a parent, which is no part itself."""
        return item.is_kit or item.seq in self._children

    def is_empty(self, item: PresseroItem) -> bool:
        """Whether the item is a kit's child of quantity 0, which is left out."""
        return item.seq in self._parent and item.quantity == 0 and not self.is_kit(item)

    def is_part(self, item: PresseroItem) -> bool:
        """Whether the item becomes a part when it is sent."""
        return not self.is_kit(item) and not self.is_empty(item)

    def children(self, item: PresseroItem) -> tuple[PresseroItem, ...]:
        return tuple(self._children.get(item.seq, ()))

    def takers(self, item: PresseroItem) -> tuple[PresseroItem, ...]:
        """The children over which a parent's amounts are spread."""
        return tuple(child for child in self.children(item) if not self.is_empty(child))

    def ancestors(self, item: PresseroItem) -> tuple[PresseroItem, ...]:
        """The kits that the item belongs to, nearest first."""
        found: list[PresseroItem] = []
        parent = self._parent.get(item.seq)
        while parent is not None:
            found.append(parent)
            parent = self._parent.get(parent.seq)
        return tuple(found)

    def parts(self) -> tuple[PresseroItem, ...]:
        """The items that become parts when nothing is denied."""
        return self._parts

    def parts_below(self, item: PresseroItem) -> tuple[PresseroItem, ...]:
        """The parts that a kit ends up as, through kits in kits."""
        return tuple(filter(self.is_part, self.components(item)))

    def components(self, item: PresseroItem) -> tuple[PresseroItem, ...]:
        """What a kit consists of in the end, through kits in kits, those of quantity 0 included."""
        found: list[PresseroItem] = []
        for child in self.children(item):
            found.extend(self.components(child) if self.is_kit(child) else [child])
        return tuple(found)

    def parents_first(self) -> tuple[PresseroItem, ...]:
        """The kits, an outer one before those inside it."""
        return tuple(
            sorted(filter(self.is_kit, self.items), key=lambda item: (len(self.ancestors(item)), item.seq))
        )

    def completed(self, item: PresseroItem) -> PresseroItem:
        """The item with what a kit's child leaves to its parent: where, how and when it ships, and the PO number."""
        for parent in self.ancestors(item):
            item = replace(
                item,
                ship_to=parent.ship_to if item.ship_to == Address() else item.ship_to,
                method_name=item.method_name if item.method_name or item.method_id else parent.method_name,
                method_id=item.method_id if item.method_name or item.method_id else parent.method_id,
                requested_ship_date=item.requested_ship_date or parent.requested_ship_date,
                po_number=item.po_number.strip() or parent.po_number,
            )
        return item
