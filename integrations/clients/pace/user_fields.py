"""The fields that a plant added to Pace itself, read from its own newest objects: Pace has no list of them."""

from __future__ import annotations

from typing import Any, Final, Protocol

from integrations.clients.pace.choices import PaceListChoice
from integrations.clients.pace.field_types import OBJECTS, USER_DEFINED, type_of_value
from integrations.clients.pace.xpath import Condition, field_above, field_filled

# So many objects of each type are read: a field that is empty in one of them may be filled in the next.
NEWEST: Final = 3
_ALL: Final[dict[str, tuple[Condition, str]]] = {
    "Job": (field_filled("job"), "job"),
    "JobPart": (field_filled("job"), "job"),
    "JobShipment": (field_above("id", 0), "id"),
    "Carton": (field_above("id", 0), "id"),
    "Customer": (field_filled("id"), "id"),
    "Contact": (field_above("id", 0), "id"),
}


class Client(Protocol):
    """`PaceClient`, as far as it is needed here."""

    def newest(self, type_: str, xpath: Condition, by: str, limit: int) -> list[str]: ...

    def read(self, type_: str, key: str | int) -> dict[str, Any] | None: ...


def user_fields(client: Client) -> list[PaceListChoice]:
    """Each user-defined field with its object's type as parent, and the type that its values show."""
    # docs/pace.md §8: their names begin with `u_`, and Pace has no list of them (assumed).
    found: dict[tuple[str, str], str] = {}
    for type_ in OBJECTS.values():
        xpath, by = _ALL[type_]
        for key in client.newest(type_, xpath, by, NEWEST):
            for name, value in (client.read(type_, key) or {}).items():
                if name.startswith(USER_DEFINED):
                    found[type_, name] = found.get((type_, name)) or type_of_value(value)
    return [
        PaceListChoice(key=name, label=name, parent=type_, extra={"type": kind})
        for (type_, name), kind in found.items()
    ]
