"""The data that templates see: dictionaries that print well and are asked by people's spelling."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from automationhub.lib.texts import compared

# The names of fields are the same few in all items and orders.
_name_key = lru_cache(maxsize=1024)(compared)


class Record(dict[str, Any]):
    """Named values of one thing, such as an order. Printed, it is its `name`, else nothing."""

    __slots__ = ()

    def __str__(self) -> str:
        return str(self.get("name") or "")


class LazyRecord(Record):
    """A record of a thing of which some values are made when a template first asks for them. `later`: what makes them."""

    __slots__ = ("_later", "_of")

    def __init__(self, values: Mapping[str, Any], of: Any, later: Mapping[str, Callable[[Any], Any]]) -> None:
        super().__init__(values)
        self._of, self._later = of, later

    def __str__(self) -> str:
        return str(self["name"] or "") if "name" in self or "name" in self._later else ""

    def __missing__(self, name: str) -> Any:
        found = self[name] = self._later[name](self._of)
        return found


class LiquidNames(Mapping[str, str]):
    """Values by names that people gave them: found without regard to case and outer blanks; the first of two equal names
    counts. Printed, they are `name: value` pairs."""

    __slots__ = ("_by_key", "_pairs")

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._by_key: dict[str, str] = {}
        self._pairs: dict[str, str] = {}
        by_key = self._by_key
        for name, value in pairs:
            if value and (key := _name_key(name)) and key not in by_key:
                by_key[key] = self._pairs[name] = value

    def __getitem__(self, name: str) -> str:
        # The names of templates and of orders are the same few: as written is the usual case.
        found = self._pairs.get(name)
        return self._by_key[_name_key(name)] if found is None else found

    def __iter__(self) -> Any:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __str__(self) -> str:
        return ", ".join(f"{name}: {value}" for name, value in self._pairs.items())
