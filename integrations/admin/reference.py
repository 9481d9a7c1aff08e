"""What the drop-downs ask (`automationhub.lib.choices`): a JSON answer from the stored lists, never from another system."""

from __future__ import annotations

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse

from integrations.models import ReferenceKind
from integrations.services import choices, holiday_places
from mappings.reference import Code, Standing
from mappings.reference import look_up as names_of

HOLIDAY_KINDS = ("holiday_country", "holiday_subdivision")
MOST_CODES = 200
LONGEST_QUERY = 200


def reference_choices(request: HttpRequest, kind: str) -> JsonResponse:
    """`?q=`: what may be chosen. `?code=` (repeated): what these codes are called. `storefront`, `server`, `account` and
    `within` narrow the list."""
    if not request.user.has_perm("integrations.view_referenceentry"):
        raise PermissionDenied
    if kind not in ReferenceKind.values and kind not in HOLIDAY_KINDS:
        raise Http404(f"There is no list {kind}.")
    if codes := request.GET.getlist("code"):
        return JsonResponse({"codes": _named(request, kind, codes[:MOST_CODES])})
    return JsonResponse(_offered(request, kind, request.GET.get("q", "")[:LONGEST_QUERY]))


choices_view = admin.site.admin_view(reference_choices)


def _offered(request: HttpRequest, kind: str, text: str) -> dict[str, object]:
    within = request.GET.get("within", "")[:LONGEST_QUERY]
    if kind in HOLIDAY_KINDS:
        found = holiday_places.search(kind, text, country=within)
    else:
        found = choices.search(kind, text, _scope(request), within=within)
    return {
        "results": [{"value": one.value, "label": one.label, "detail": one.detail} for one in found.found],
        "note": _note(kind, found),
    }


def _note(kind: str, found: choices.Choices) -> str:
    if kind == "holiday_subdivision" and not found.listed:
        return "This country has no regions."
    if not found.listed:
        return "This list was not read yet. Type the code, or press “Read lists” on the page of the server or account."
    if found.more:
        return f"The first {len(found.found)}. Type more letters to find others."
    if not found.found:
        return "Nothing is called like that. You can use it all the same."
    return ""


def _named(request: HttpRequest, kind: str, codes: list[str]) -> dict[str, dict[str, object]]:
    within = request.GET.get("within", "")[:LONGEST_QUERY]
    if kind in HOLIDAY_KINDS:
        named = {}
        for code in codes:
            found = holiday_places.search(kind, code, country=within, exact=True)
            text = found.found[0].label if found.found else "unknown here"
            named[code] = {"text": text, "stale": not found.found}
        return named
    storefront = request.GET.get("storefront", "")
    storefront_id = int(storefront) if storefront.isdecimal() and len(storefront) < 19 else None
    asked = {code: Code(kind, code, storefront_id, within) for code in codes}
    found_codes = names_of(list(asked.values()))
    words = {
        Standing.KNOWN: "{label}",
        Standing.GONE: "{label}: gone from its system",
        Standing.UNKNOWN: "not in the list",
        Standing.UNLISTED: "",
    }
    answer: dict[str, dict[str, object]] = {}
    for text, wanted in asked.items():
        finding = found_codes[wanted]
        said = words[finding.standing].format(label=finding.label)
        if finding.suggestion:
            said += f": did you mean {finding.suggestion}?"
        answer[text] = {"text": "" if said == text else said, "stale": finding.stale}
    return answer


def _scope(request: HttpRequest) -> choices.Scope:
    def number(name: str) -> int | None:
        text = request.GET.get(name, "")
        return int(text) if text.isdecimal() and len(text) < 19 else None

    if storefront := number("storefront"):
        return choices.scope_of(storefront)
    return choices.Scope(number("server"), number("account"))
