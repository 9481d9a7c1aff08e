"""Every address of the hub, asked for as each of the seven kinds of visitor, and the one table of what each is answered.

`tests/admin/roles.csv` is that table and what decides: docs/roles.md is made from it. After a new address or a wanted change,
`HUB_WRITE_ROLES=1 pytest tests/admin/test_role_table.py` writes both anew; read the difference before you commit it.
"""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.contrib import admin
from django.contrib.admindocs.views import simplify_regex
from django.db.models import Model
from django.http import HttpResponseBase
from django.urls import URLPattern, get_resolver

from integrations.operations.access.rights import ADMINISTRATOR, EDITOR, OPERATOR, VIEWER

TABLE = Path(__file__).with_name("roles.csv")
DOCUMENT = Path(__file__).parents[2] / "docs" / "roles.md"
VISITORS = ("anonymous", "no group", VIEWER, OPERATOR, EDITOR, ADMINISTRATOR, "superuser")
WRITE = bool(os.environ.get("HUB_WRITE_ROLES"))

YES, LOGIN, REFUSED = "yes", "login", "no"
Row = dict[str, str]
Rows = dict[tuple[str, str], Row]


def addresses() -> dict[str, URLPattern]:
    """Every address that the hub answers, from the resolver."""
    return dict(_walk(get_resolver().url_patterns, ""))


def _walk(patterns: Any, before: str) -> Iterator[tuple[str, URLPattern]]:
    for found in patterns:
        address = before + str(found.pattern)
        if isinstance(found, URLPattern):
            yield simplify_regex(address), found
        else:
            yield from _walk(found.url_patterns, address)


def model_of(address: str) -> type[Model] | None:
    """The model whose pages in the portal this address belongs to."""
    for model in admin.site._registry:
        if address.startswith(f"/admin/{model._meta.app_label}/{model._meta.model_name}/"):
            return model
    return None


def outcome(answer: HttpResponseBase) -> str:
    """What a visitor was answered, in a word of the table."""
    if answer.status_code in (200, 202, 400, 409, 415, 429, 502, 503):
        return YES  # the door is open, whatever was asked for behind it
    if answer.status_code in (301, 302):
        return LOGIN if "/login/" in answer.headers["Location"] else YES
    return {401: LOGIN, 403: REFUSED, 404: "not found", 405: "no such way"}.get(
        answer.status_code, str(answer.status_code)
    )


def read() -> Rows:
    """The table."""
    with TABLE.open(newline="") as file:
        return {(row.pop("address"), row.pop("method")): row for row in csv.DictReader(file)}


def write(rows: Rows) -> None:
    """Write table and document anew."""
    with TABLE.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["address", "method", *VISITORS], lineterminator="\n")
        writer.writeheader()
        for (address, method), row in sorted(rows.items()):
            writer.writerow({"address": address, "method": method, **row})
    DOCUMENT.write_text(document(rows))


INTRODUCTION = """# Roles and addresses

Every address of the portal and of the API, and what each kind of visitor is answered there: GET opens a page, POST acts. The table
is made from `tests/admin/roles.csv`, and `tests/admin/test_role_table.py` asks for every address that the hub knows as each of
the seven visitors, with rows that belong to others; an address without a line, or an answer other than this one, fails the test.

- **yes**: the page opens, or the action is open to this visitor (whether the row allows it is another matter).
- **no**: refused (403), and written to the audit log. **login**: sent to the login (the API: 401).
- **not found**: there is nothing for this visitor (404). **no such way**: the address has no such method (405).

What the groups are for stands under [Security](security.md). The rows of a list that share an answer share a line;
`…` stands for the number of a row.
"""


def document(rows: Rows) -> str:
    """The table as a page of the documents: a section for each part of the hub."""
    sections: dict[str, dict[tuple[str, ...], list[str]]] = defaultdict(lambda: defaultdict(list))
    for (address, method), row in sorted(rows.items()):
        parts = address.strip("/").split("/")
        section = parts[0] if parts[0] != "admin" else "/".join(parts[: 3 if len(parts) > 3 else 2])
        if model_of(address) is not None:
            section = "/".join(parts[:3])
        elif parts[0] == "admin":
            section = "admin"
        sections[section][(method, *row.values())].append(_short(address))
    lines = [INTRODUCTION]
    for section, groups in sorted(sections.items()):
        lines += [
            f"## {_title(section)}",
            "",
            f"| address | method | {' | '.join(VISITORS)} |",
            f"| --- | --- | {' | '.join('---' for _ in VISITORS)} |",
        ]
        for (method, *answers), found in groups.items():
            listed = "<br>".join(f"`{one}`" for one in found)
            lines.append(f"| {listed} | {method} | {' | '.join(answers)} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _short(address: str) -> str:
    return "/".join("…" if part.startswith("<") else part for part in address.split("/"))


def _title(section: str) -> str:
    model = model_of(f"/{section}/")
    if model is not None:
        return str(model._meta.verbose_name_plural).capitalize()
    return {"": "The first address", "admin": "The portal", "api": "The API"}.get(section, f"/{section}/")
