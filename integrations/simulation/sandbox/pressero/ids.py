"""GUIDs that are the same in every run, so that demos and tests can be repeated."""

from uuid import NAMESPACE_DNS, uuid5

_NAMESPACE = uuid5(NAMESPACE_DNS, "pressero.sandbox.invalid")


def guid(kind: str, *parts: object) -> str:
    """The id of one thing: always the same for the same kind and parts."""
    return str(uuid5(_NAMESPACE, "/".join([kind, *(str(part) for part in parts)])))
