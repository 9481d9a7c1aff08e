"""What the drop-downs ask (`automationhub.lib.choices`): a JSON answer from the stored lists, never from another system."""

from __future__ import annotations

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse

from integrations.clients.pace.field_types import OBJECTS
from integrations.models import ReferenceKind
from integrations.operations.setup import choices, holiday_places, rule_trial
from integrations.planning.rule_fields import field_problem
from mappings.reference import Code, Standing
from mappings.reference import look_up as names_of

PACE_FIELD = "pace_field"
HOLIDAY_KINDS = ("holiday_country", "holiday_subdivision")
MOST_CODES = 200
LONGEST_QUERY = 200


def reference_choices(request: HttpRequest, kind: str) -> JsonResponse:
    """`?q=`: what may be chosen. `?code=` (repeated): what these codes are called. `storefront`, `server`, `account` and
    `within` narrow the list."""
    if not request.user.has_perm("integrations.view_referenceentry"):
        raise PermissionDenied
    if kind not in ReferenceKind.values and kind not in (*HOLIDAY_KINDS, PACE_FIELD):
        raise Http404(f"There is no list {kind}.")
    if codes := request.GET.getlist("code"):
        return JsonResponse({"codes": _named(request, kind, codes[:MOST_CODES])})
    return JsonResponse(_offered(request, kind, request.GET.get("q", "")[:LONGEST_QUERY]))


choices_view = admin.site.admin_view(reference_choices)


def _offered(request: HttpRequest, kind: str, text: str) -> dict[str, object]:
    within = request.GET.get("within", "")[:LONGEST_QUERY]
    if kind == PACE_FIELD:
        return _fields_offered(request, within, text)
    if kind in HOLIDAY_KINDS:
        found = holiday_places.search(kind, text, country=within)
    else:
        found = choices.search(kind, text, _scope(request), within=within)
    return {
        "results": [{"value": one.value, "label": one.label, "detail": one.detail} for one in found.found],
        "note": _note(kind, found),
    }


def _fields_offered(request: HttpRequest, object_: str, text: str) -> dict[str, object]:
    """The fields of a Pace object, with their type and what else writes them."""
    if object_ not in OBJECTS:
        return {"results": [], "note": "Choose the object first."}
    found = rule_trial.pace_fields(object_, text, _storefront(request))
    return {
        "results": [
            {
                "value": one.name,
                "label": one.name,
                "detail": f"{one.kind}: {one.remark}" if one.remark else one.kind,
            }
            for one in found
        ],
        "note": "" if found else "Pace has no such field. Fields of your own begin with u_ and can be typed.",
    }


def _fields_named(request: HttpRequest, object_: str, codes: list[str]) -> dict[str, dict[str, object]]:
    found = (
        {one.name: one for one in rule_trial.pace_fields(object_, "", _storefront(request), most=None)}
        if object_ in OBJECTS
        else {}
    )
    named: dict[str, dict[str, object]] = {}
    for code in codes:
        one, problem = found.get(code), field_problem(object_, code)
        text = problem or (
            f"{one.kind}: {one.remark}" if one and one.remark else one.kind if one else "not seen in Pace yet"
        )
        named[code] = {"text": text, "stale": bool(problem)}
    return named


def _storefront(request: HttpRequest) -> int | None:
    text = request.GET.get("storefront", "")
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _note(kind: str, found: choices.Choices) -> str:
    if kind == "holiday_subdivision" and not found.listed:
        return "This country has no regions."
    if not found.listed:
        return "These codes were not read yet. Type the code, or select Refresh codes on the page of the server or account."
    if found.more:
        return f"The first {len(found.found)}. Type more letters to find others."
    if not found.found:
        return "No match. You can use it anyway."
    return ""


def _named(request: HttpRequest, kind: str, codes: list[str]) -> dict[str, dict[str, object]]:
    within = request.GET.get("within", "")[:LONGEST_QUERY]
    if kind == PACE_FIELD:
        return _fields_named(request, within, codes)
    if kind in HOLIDAY_KINDS:
        named = {}
        for code in codes:
            found = holiday_places.search(kind, code, country=within, exact=True)
            text = found.found[0].label if found.found else "unknown here"
            named[code] = {"text": text, "stale": not found.found}
        return named
    storefront_id = _storefront(request)
    asked = {code: Code(kind, code, storefront_id, within) for code in codes}
    found_codes = names_of(list(asked.values()))
    words = {
        Standing.KNOWN: "{label}",
        Standing.GONE: "{label}: deleted in its system",
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
