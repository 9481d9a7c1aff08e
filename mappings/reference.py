"""Which codes of other systems a row points at, and what is known of them.

The mappings do not know where such lists come from: whoever has them registers a function (`register`). Without one every
code is unlisted, and nothing is said about it.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from mappings.models import MappingRow

# Columns of each kind of row that hold a code, and the list the code is in.
POINTERS: dict[str, dict[str, str]] = {
    "productmapping": {"product": "product", "item_template": "item_template"},
    "shipmentmethodmapping": {"pressero_method": "shipping_method", "ship_via": "ship_via"},
    "shipmentaddressmapping": {"ship_via": "ship_via"},
    "statusmapping": {"pace_status": "job_status", "workflow": "workflow", "pressero_stage": "stage"},
    "holiday": {},
    "fieldrule": {},
    "tablevalue": {},
}
NOUNS = {
    "product": "product",
    "item_template": "item template",
    "shipping_method": "shipping method",
    "ship_via": "ship via",
    "job_status": "Pace status",
    "job_type": "job type",
    "shipment_type": "shipment type",
    "workflow": "workflow",
    "stage": "Pressero stage",
}


@dataclass(frozen=True)
class Code:
    """A code as a row has it. `within`: the workflow of a stage; of a product, what of it the code is (its `match`)."""

    kind: str
    value: str
    storefront_id: int | None = None
    within: str = ""


class Standing(StrEnum):
    """What is known of a code. UNLISTED: its list was never read, so nothing can be said."""

    KNOWN = "known"
    GONE = "gone"
    UNKNOWN = "unknown"
    UNLISTED = "unlisted"


@dataclass(frozen=True)
class ReferenceFinding:
    """What is known of one code; `suggestion` is the nearest code with its name."""

    standing: Standing = Standing.UNLISTED
    label: str = ""
    suggestion: str = ""

    @property
    def stale(self) -> bool:
        return self.standing in (Standing.GONE, Standing.UNKNOWN)


_ID = re.compile(r"[0-9]+|\{?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")

LookUp = Callable[[Collection[Code]], Mapping[Code, ReferenceFinding]]
_look_ups: list[LookUp] = []


def register(look_up: LookUp) -> None:
    """Have this function asked from now on. It is asked for many codes at once."""
    _look_ups[:] = [look_up]


def look_up(codes: Collection[Code]) -> dict[Code, ReferenceFinding]:
    """What is known of each of these codes."""
    found = _look_ups[0](codes) if _look_ups and codes else {}
    return {code: found.get(code, ReferenceFinding()) for code in codes}


def codes_of(row: MappingRow) -> dict[str, Code]:
    """The codes that a row points at, by column; empty columns point nowhere."""
    codes = {}
    for column, kind in POINTERS[str(row._meta.model_name)].items():
        value = getattr(row, column)
        if value in (None, ""):
            continue
        within = {"product": "match", "stage": "workflow"}.get(kind, "")
        codes[column] = Code(kind, str(value), row.storefront_id, str(getattr(row, within)) if within else "")
    return codes


def warnings(rows: Iterable[tuple[int | None, MappingRow]]) -> list[tuple[int | None, str]]:
    """A sentence for every code of these rows that its system does not (or no longer) list, with the row's line."""
    wanted = [(line, code) for line, row in rows for code in codes_of(row).values()]
    findings = look_up(dict.fromkeys(code for _, code in wanted))
    return [
        (line, sentence(code, findings[code]))
        for line, code in wanted
        if findings[code].stale or _may_match_nothing(code, findings[code])
    ]


def _may_match_nothing(code: Code, finding: ReferenceFinding) -> bool:
    """A workflow's name is understood only by the list of workflows, which was not read yet."""
    return (
        code.kind == "workflow"
        and finding.standing == Standing.UNLISTED
        and not _ID.fullmatch(code.value.strip())
    )


def sentence(code: Code, finding: ReferenceFinding) -> str:
    """Why somebody should look at a code again."""
    noun = NOUNS.get(code.kind, code.kind)
    if finding.standing == Standing.UNLISTED:
        return (
            f"The {noun} {code.value} cannot be checked, because the codes of Pressero were not read yet. Refresh codes: "
            "until then a row with a workflow's name matches nothing."
        )
    if finding.standing == Standing.GONE:
        name = f" ({finding.label})" if finding.label and finding.label != code.value else ""
        return f"The {noun} {code.value}{name} was deleted: its system no longer lists it."
    meant = f": did you mean {finding.suggestion}?" if finding.suggestion else "."
    return f"Unknown {noun} {code.value}{meant}"
