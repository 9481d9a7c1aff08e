"""A name means one thing: two classes of the product never share one."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

from django.conf import settings

APPS = ("automationhub", "integrations", "mappings")
# What Django looks up by this name.
GIVEN_BY_DJANGO = {"Command", "Migration"}


def test_no_two_classes_share_a_name() -> None:
    where: dict[str, list[str]] = defaultdict(list)
    root = Path(settings.BASE_DIR)
    for path in sorted(path for app in APPS for path in (root / app).rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and node.name not in GIVEN_BY_DJANGO:
                where[node.name].append(str(path.relative_to(root)))
    assert {name: paths for name, paths in where.items() if len(paths) > 1} == {}


# Names that said it in pictures or meant several things, and what they became. Task paths, columns and keys of stored data keep
# the old word: they are known outside the code.
BECAME = {
    "BUNDLE_SECONDS": "BATCH_SECONDS",
    "CreatedParty": "CreatedCustomer",
    "HttpDoor": "HttpGateway",
    "JobReading": "PolledJob",
    "KEPT_BODY": "STORED_BODY",
    "KEPT_FIELDS": "READABLE_FIELDS",
    "KEPT_SECONDS": "CACHE_SECONDS",
    "KeptWhileInUseAdmin": "ProtectedWhileInUseAdmin",
    "LONGEST_STORM_SECONDS": "LONGEST_INJECTION_SECONDS",
    "LOOKED_AT": "CHECKED_AT",
    "LOOK_AGAIN": "CHECK_AGAIN",
    "LOOK_AT_PACE": "READ_SNAPSHOT",
    "LOOK_EVERY": "CHECK_EVERY",
    "LOOK_EVERY_SECONDS": "CHECK_EVERY_SECONDS",
    "MAX_UNFINISHED_CLAIMS": "MAX_UNFINISHED_LEASES",
    "PaceLook": "PaceSnapshot",
    "PartyCandidates": "CustomerCandidates",
    "PartyCreation": "CustomerCreation",
    "PlannedParty": "PlannedCustomer",
    "ShipmentReading": "PolledShipment",
    "TELL_PRESSERO": "SEND_WRITE_BACKS",
    "TELL_SECONDS": "WRITE_BACK_SECONDS",
    "_NEW_WISH": "_NEW_TARGET",
    "_as_judged": "_as_verified",
    "_check_storm": "_check_faults",
    "_end_claims": "_end_leases",
    "_is_echo": "_is_own_event",
    "_keep_deleted": "_store_deletions",
    "_look_again": "_check_again",
    "_look_every": "_check_every",
    "_next_look": "_next_check",
    "_note_told": "_note_sent",
    "_parties_in_pace": "_customers_in_pace",
    "_party_notes": "_customer_notes",
    "_party_sentence": "_customer_sentence",
    "_storm": "_inject_faults",
    "_tell_failure": "_report_failure",
    "_tell_of_other_scheme": "_report_other_scheme",
    "_tell_others": "_notify_others",
    "_to_be_told": "_to_be_sent",
    "_undo_claim": "_undo_acquire",
    "ask_for_look": "ask_for_snapshot",
    "calls_of_party": "calls_of_customer",
    "choose_party": "choose_customer",
    "claim_series": "lease_series",
    "desk_links": "related_links",
    "desk_pages": "related_pages",
    "echo_until": "own_event_until",
    "ensure_party": "ensure_customer",
    "free_dead_claims": "free_dead_leases",
    "judge_counts": "verify_counts",
    "keep_claim": "renew_lease",
    "keep_fetched": "store_fetched",
    "kept_lists": "stored_lists",
    "look_action": "refresh_action",
    "looked_at": "checked_again",
    "pace_look": "pace_snapshot",
    "quiet_look": "background_refresh",
    "reading_of": "last_poll_of",
    "state_strip": "status_tabs",
    "store_wishes": "store_targets",
    "take_echo": "use_own_event",
    "tell_failures": "report_failures",
    "tell_made": "record_made",
    "tell_mentioned": "notify_mentioned",
    "told_at": "sent_at",
    "told_job_number": "sent_job_number",
    "told_name": "sent_name",
    "told_numbers": "sent_numbers",
    "told_stage": "sent_stage",
    "unfinished_claims": "unfinished_leases",
}
OLD_NAME = re.compile(r'(?<!db_column=")\b(?:' + "|".join(BECAME) + r")\b")
OLD_MODULES = {
    "automationhub/lib/quick_start.py",
    "integrations/admin/shared/words.py",
    "integrations/api/door.py",
    "integrations/api/front_door.py",
    "integrations/clients/http/door.py",
    "integrations/core/search/words.py",
    "integrations/core/workqueue/arrivals.py",
    "integrations/operations/setup/rule_desk.py",
    "integrations/orders/submission/parties.py",
    "integrations/planning/new_parties.py",
    "integrations/planning/parties.py",
    "integrations/simulation/chaos/places.py",
}


def test_no_name_of_before_comes_back() -> None:
    root = Path(settings.BASE_DIR)
    found = []
    for folder in (*APPS, "tests", "benchmarks", "templates", "docs"):
        for path in sorted(
            path for kind in ("*.py", "*.html", "*.md") for path in (root / folder).rglob(kind)
        ):
            if "migrations" in path.parts or path == Path(__file__):
                continue
            found += [
                f"{path.relative_to(root)}: {old}, say {BECAME[old]}"
                for old in sorted(set(OLD_NAME.findall(path.read_text(encoding="utf-8"))))
            ]
    assert found == []


def test_no_module_of_before_comes_back() -> None:
    assert [name for name in sorted(OLD_MODULES) if (Path(settings.BASE_DIR) / name).exists()] == []
