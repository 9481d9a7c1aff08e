"""From what was seen of a Pace server to what became of each assumption, and the settings that follow. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from integrations.operations.probes.pace_assumptions import ASSUMPTIONS
from integrations.operations.probes.pace_date_verdicts import (
    FAILS,
    HOLDS,
    UNSEEN,
    Verdict,
    answered_utc,
    around_changes,
    date_columns,
    digits,
    is_telling,
    moment_days,
    offsets,
    sent_utc,
    time_columns,
)
from integrations.operations.probes.pace_seen import PaceSeen, Written
from integrations.operations.probes.report import Assumption, ChangedField, ProbeFinding, Suggestion, sentence

Check = Callable[[PaceSeen], Verdict]

SHOWN: Final = 100
OF_UTC: Final = frozenset({"dates_sent_utc", "dates_answered_utc", "dates_around_changes"})
"""Not relevant to a server with local date-times in its settings."""


def findings(seen: PaceSeen, now: Mapping[str, Any]) -> tuple[ProbeFinding, ...]:
    """What became of every assumption, in the order of the list. `now`: the server's settings as they are."""
    return tuple(_finding(assumption, seen, now) for assumption in ASSUMPTIONS)


def _finding(assumption: Assumption, seen: PaceSeen, now: Mapping[str, Any]) -> ProbeFinding:
    result, said = CHECKS[assumption.id](seen)
    coped = assumption.id in OF_UTC and now.get("date_times") == "local"
    return ProbeFinding(assumption, result, said, coped=coped)


# --- questions with a yes or a no -------------------------------------------------------------------------------


def _answered(question: str, *, because: str = "") -> Check:
    """Holds when Pace answered the question, fails when it refused it."""

    def check(seen: PaceSeen) -> Verdict:
        asked = seen.answer(question)
        if asked.ok is None:
            return UNSEEN, asked.said or seen.lost
        return (HOLDS, because) if asked.ok else (FAILS, f"Pace said: {sentence(asked.said)}")

    return check


def _halves_readable(seen: PaceSeen) -> Verdict:
    columns = {
        name: one for name, one in seen.asked.items() if name.startswith("column ") and "ateTime" not in name
    }
    refused = {name.removeprefix("column "): one.said for name, one in columns.items() if one.ok is False}
    dates = {name: said for name, said in refused.items() if name.lower().endswith("date")}
    if dates:
        return FAILS, "Refused: " + "; ".join(f"{name} ({said})" for name, said in dates.items())
    if not any(one.ok for one in columns.values()):
        return UNSEEN, ""
    times = ", ".join(refused)
    return HOLDS, f"Times of day are refused, though: {times}." if times else ""


def _combined_refused(seen: PaceSeen) -> Verdict:
    asked = {
        name: one
        for name, one in seen.asked.items()
        if name.endswith("ateTime") and name.startswith(("column ", "filter "))
    }
    taken = [name for name, one in asked.items() if one.ok]
    if taken:
        return FAILS, f"Taken: {', '.join(taken)}. The hub reads the halves all the same."
    said = next((one.said for one in asked.values() if one.ok is False), "")
    return (HOLDS, f"Pace said: {sentence(said)}") if said else (UNSEEN, "")


def _undone(seen: PaceSeen) -> Verdict:
    if seen.leftovers:
        return FAILS, f"Still in Pace: {', '.join(seen.leftovers)}. Delete them by hand."
    if seen.undone is None:
        return UNSEEN, ""
    if not seen.undone:
        return UNSEEN, f"The rollback of transaction {seen.txn} got no answer."
    looked = [one for name, one in seen.asked.items() if name.endswith("after the rollback")]
    return (
        (HOLDS, "")
        if looked and all(one.ok for one in looked)
        else (UNSEEN, "Nothing was written to look for.")
    )


def _rows(seen: PaceSeen) -> Verdict:
    if seen.rows is None or not seen.rows[1]:
        return UNSEEN, ""
    limit, came = seen.rows
    if came > limit:
        return FAILS, f"{came} rows came with a limit of {limit}. The hub counts what comes."
    return HOLDS, ""


# --- jobs and parts ------------------------------------------------------------------------------------------------


def _job_written(seen: PaceSeen) -> Verdict:
    if seen.job:
        kinds: dict[str, int] = {}
        for one in seen.written:
            kinds[one.type] = kinds.get(one.type, 0) + 1
        return HOLDS, "Written: " + ", ".join(f"{count} {kind}" for kind, count in kinds.items()) + "."
    for question in ("a new customer", "a new contact", "a whole job"):
        asked = seen.answer(question)
        if asked.ok is False:
            return FAILS, f"Pace refused {question}: {sentence(asked.said)}"
    if seen.plan_problems:
        return FAILS, " ".join(seen.plan_problems)
    return UNSEEN, seen.lost


def changed_fields(seen: PaceSeen) -> tuple[int, list[ChangedField]]:
    """How many fields hold what was sent, and those that do not."""
    kept, changed = 0, []
    for one in seen.written:
        for name, sent in one.sent.items():
            answered = one.answered.get(name)
            if _same(sent, answered):
                kept += 1
            else:
                changed.append(ChangedField(f"{one.type} {one.key}", name, _shown(sent), _shown(answered)))
    return kept, changed


def _same(sent: Any, answered: Any) -> bool:
    if isinstance(sent, bool) or isinstance(answered, bool):
        return bool(sent) is bool(answered) and (answered is not None or not sent)
    if sent in (None, "", 0) and answered in (None, "", 0):
        return True
    if isinstance(sent, datetime):
        return digits(sent.isoformat(timespec="seconds")) == digits(str(answered))
    if isinstance(sent, int | Decimal):
        try:
            return Decimal(sent) == Decimal(str(answered))
        except InvalidOperation:
            return False
    if isinstance(answered, list):
        return str(sent) == "\n".join(str(line) for line in answered)
    text = str(answered)
    return str(sent) == text or (_looks_like_a_moment(str(sent)) and digits(str(sent)) == digits(text))


def _looks_like_a_moment(text: str) -> bool:
    return len(text) >= 19 and text[4:5] == "-" and text[10:11] == "T"


def _shown(value: Any) -> str:
    text = "nothing" if value in (None, "") else str(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _fields_kept(seen: PaceSeen) -> Verdict:
    if not seen.written:
        return UNSEEN, ""
    kept, changed = changed_fields(seen)
    if not changed:
        return HOLDS, f"{kept} fields."
    names = ", ".join(dict.fromkeys(f"{one.place.partition(' ')[0]}.{one.field}" for one in changed))
    return FAILS, f"{len(changed)} of {kept + len(changed)} fields came back differently: {names}."


def _description_kept(seen: PaceSeen) -> Verdict:
    job = _first(seen, "Job")
    if job is None:
        return UNSEEN, ""
    sent, answered = str(job.sent.get("description")), str(job.answered.get("description"))
    if sent == answered:
        return HOLDS, f"{len(sent)} characters."
    return FAILS, f"{len(sent)} characters were sent, and “{_shown(answered)}” ({len(answered)}) came back."


def _first(seen: PaceSeen, type_: str) -> Written | None:
    return next((one for one in seen.of(type_) if one.answered), None)


def _part_one(seen: PaceSeen) -> Verdict:
    job, part = _first(seen, "Job"), _first(seen, "JobPart")
    if job is None or part is None:
        return UNSEEN, ""
    number = str(part.answered.get("jobPart"))
    if part.created or number != "01":
        return FAILS, f"The first part is {number}."
    template, quantity = part.answered.get("itemTemplate"), part.answered.get("qtyOrdered")
    if job.sent.get("itemTemplate") not in (None, template):
        return (
            FAILS,
            f"The job's template {job.sent['itemTemplate']} did not reach part 01, which has {template}.",
        )
    return HOLDS, f"Quantity {quantity}, template {template or 'none'}."


def _parts_numbered(seen: PaceSeen) -> Verdict:
    further = [one for one in seen.of("JobPart") if one.created]
    if not further:
        return UNSEEN, ""
    numbers = [str(one.answered.get("jobPart") or "") for one in further]
    return (HOLDS, f"Numbered {', '.join(numbers)}.") if all(numbers) else (FAILS, "An answer had no number.")


def _part_number_chosen(seen: PaceSeen) -> Verdict:
    if seen.number_sent:
        sent, answered = seen.number_sent
        if sent == answered:
            return HOLDS, ""
        return FAILS, f"Part {sent} was asked for and became {answered}. The hub leaves numbers to Pace."
    asked = seen.answer("a part with a number of our choice")
    if asked.ok is False:
        return FAILS, f"Pace refused it: {sentence(asked.said)} The hub leaves numbers to Pace."
    return UNSEEN, asked.said


def _template_works(seen: PaceSeen) -> Verdict:
    if not seen.templates:
        return UNSEEN, "This Pace has no active item template."
    if seen.template_fields is None:
        return UNSEEN, seen.lost
    if not seen.template_fields:
        return UNSEEN, "No field of the part shows it. Check the lines of a real job in Pace."
    named = ", ".join(seen.template_fields[:6])
    more = len(seen.template_fields) - 6
    return HOLDS, f"Filled in: {named}{f' and {more} more' if more > 0 else ''}."


def _job_contacts(seen: PaceSeen) -> Verdict:
    job = _first(seen, "Job")
    if job is None:
        return UNSEEN, ""
    names = ("jobContact", "shipToJobContact", "billToJobContact")
    missing = [name for name in names if not job.answered.get(name)]
    return (FAILS, f"Blank: {', '.join(missing)}.") if missing else (HOLDS, "")


# --- shipments, amounts, files ---------------------------------------------------------------------------------------


def _planned_type(seen: PaceSeen) -> Verdict:
    types = _active_planned(seen)
    if types is None:
        return UNSEEN, seen.answer("shipment types").said
    if not types:
        return FAILS, "None is. Choose the shipment type on the server's page."
    named = ", ".join(f"{one.get('description')} ({one.get('id')})" for one in types)
    return HOLDS, f"{named}." if len(
        types
    ) == 1 else f"Several are: {named}. Choose one on the server's page."


def _active_planned(seen: PaceSeen) -> list[dict[str, Any]] | None:
    if seen.planned_types is None:
        return None
    return [one for one in seen.planned_types if str(one.get("active")).lower() != "false"]


def _contents_have_parts(seen: PaceSeen) -> Verdict:
    made = seen.of("CartonContent")
    if not made or seen.contents is None:
        return UNSEEN, seen.answer("carton contents").said
    without = [one for one in seen.contents if not one.get("jobPart")]
    if without or len(seen.contents) != len(made):
        return FAILS, (
            f"{len(made)} contents were written, {len(seen.contents)} came back, {len(without)} of them without a part."
        )
    return HOLDS, ""


def _company(seen: PaceSeen) -> Verdict:
    if not seen.contacts:
        return UNSEEN, "No shipment names a contact."
    if any(one["by_hub"] for one in seen.contacts):
        return FAILS, "It did not, and the hub set it on the contact."
    without = [one for one in seen.contacts if not one["company"]]
    return (FAILS, "It does not. The hub sets it on the contact.") if without else (HOLDS, "")


def _amounts(pairs: Mapping[str, tuple[Any, Any]] | None) -> list[str]:
    return [
        f"{name} was {sent} and is {answered}"
        for name, (sent, answered) in (pairs or {}).items()
        if not _same(sent, answered)
    ]


def _forced_kept(seen: PaceSeen) -> Verdict:
    if not seen.forced:
        return UNSEEN, seen.lost or "No amount was sent with its flag."
    moved = _amounts(seen.forced)
    return (FAILS, f"{'; '.join(moved)}.") if moved else (HOLDS, "")


def _unforced(seen: PaceSeen) -> Verdict:
    if seen.unforced is None:
        return UNSEEN, seen.lost
    moved = _amounts(seen.unforced)
    return (
        (FAILS, f"Pace computes them: {'; '.join(moved)}. The hub sends the flags.") if moved else (HOLDS, "")
    )


def _files_once(seen: PaceSeen) -> Verdict:
    if not seen.file_links:
        return UNSEEN, seen.lost
    other = [
        f"part {part} has {found}, not {seen.files_made[part]}"
        for part, found in seen.file_links.items()
        if found != seen.files_made[part]
    ]
    if other:
        return FAILS, f"Files were planned, and {'; '.join(other)}."
    return HOLDS, ""


def _files_left_to_us(seen: PaceSeen) -> Verdict:
    if not seen.file_links:
        return UNSEEN, seen.lost
    made = sum(seen.file_links.values()) - len(seen.of("JobPartContentFile"))
    if made > 0:
        return (
            FAILS,
            f"Pace made {made} itself, because a product type has “Auto create job part content file”.",
        )
    return HOLDS, ""


CHECKS: Final[dict[str, Check]] = {
    "transaction_starts": _answered("a transaction"),
    "transaction_sees": _answered("the job by description"),
    "transaction_hidden": _answered("the job from outside"),
    "transaction_undone": _undone,
    "statuses_readable": _answered("statuses of jobs"),
    "shipments_readable": _answered("shipments of jobs"),
    "found_by_description": _answered("the job by description"),
    "found_by_web_order_id": _answered("the job by Web Order ID"),
    "row_limit": _rows,
    "halves_readable": _halves_readable,
    "combined_refused": _combined_refused,
    "date_columns": date_columns,
    "time_columns": time_columns,
    "date_filters": _answered("the job by its day"),
    "dates_sent_utc": sent_utc,
    "dates_answered_utc": answered_utc,
    "dates_around_changes": around_changes,
    "other_offsets": offsets,
    "job_written": _job_written,
    "fields_kept": _fields_kept,
    "description_kept": _description_kept,
    "part_one": _part_one,
    "parts_numbered": _parts_numbered,
    "part_number_chosen": _part_number_chosen,
    "template_works": _template_works,
    "job_contacts": _job_contacts,
    "planned_type": _planned_type,
    "contents_have_parts": _contents_have_parts,
    "company_on_contact": _company,
    "forced_kept": _forced_kept,
    "unforced_computed": _unforced,
    "files_once": _files_once,
    "files_left_to_us": _files_left_to_us,
}


# --- settings ----------------------------------------------------------------------------------------------------------


def suggestions(seen: PaceSeen, now: Mapping[str, Any]) -> tuple[Suggestion, ...]:
    """Settings of the server that what was seen asks for, where they are not so already. `now`: as they are."""
    found = [*_date_setting(seen), *_type_setting(seen), *_web_order_setting(seen)]
    return tuple(
        Suggestion(setting, value, now.get(setting), sentence)
        for setting, value, sentence in found
        if now.get(setting) != value
    )


def _date_setting(seen: PaceSeen) -> list[tuple[str, str | int | bool, str]]:
    telling = [(one, day) for one, day in moment_days(seen) if is_telling(one)]
    if not telling:
        return []
    if all(day.isoformat() == one.wall[:10] for one, day in telling):
        return [("date_times", "utc", "This Pace takes date-times in UTC.")]
    if all(day.isoformat() == one.sent[:10] for one, day in telling):
        return [("date_times", "local", "This Pace takes date-times as its own wall clock.")]
    return []


def _type_setting(seen: PaceSeen) -> list[tuple[str, str | int | bool, str]]:
    types = _active_planned(seen) or []
    if len(types) < 2:
        return []
    chosen = next((one for one in types if str(one.get("description")).casefold() == "planned"), types[0])
    return [
        (
            "shipment_type",
            int(chosen["id"]),
            f"Several types are planned; “{chosen.get('description')}” is used now.",
        )
    ]


def _web_order_setting(seen: PaceSeen) -> list[tuple[str, str | int | bool, str]]:
    asked = seen.answer("the job by Web Order ID")
    if asked.ok is False:
        return [("web_order_ids", False, "Jobs cannot be found by their Web Order ID on this server.")]
    return []
