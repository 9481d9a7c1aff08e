"""What stops orders, as a kind and a subject: equal causes are one line of the inbox, one alert and one fix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from django.db.models import TextChoices
from django.utils.translation import gettext_noop

# Together with the longest kind and a colon, a key of at most 200 characters (CauseCase.cause, Alert.group).
LONGEST_KIND, LONGEST_SUBJECT = 39, 160


@dataclass(frozen=True)
class CauseFix:
    """What staff do about a kind of cause.

    `mapping`: the kind of mapping whose rows answer it, "" when that is a setting or a login. `new_row`: whether a row is
    missing. `narrow_by`: the parameter of the mapping's list that finds the rows which name the subject.
    `own_value`: the value that may be changed for one order only (planning/override_fields.py).
    """

    mapping: str = ""
    new_row: bool = False
    narrow_by: str = ""
    own_value: str = ""


_NO_FIX = CauseFix()


class CauseKind(TextChoices):
    """The kinds of causes. The comment behind one says what its subject is; without one it has none."""

    NONE = "", "-"

    # --- mappings and settings ---
    ITEM_TEMPLATE = "item_template", gettext_noop("Item template not in Pace")  # its code
    SHIPMENT_METHOD = "shipment_method", gettext_noop("Shipping method not mapped")  # its name, folded
    SHIP_VIA = "ship_via", gettext_noop("Ship via not in Pace")  # its id
    SHIPMENT_TYPE = (
        "shipment_type",
        gettext_noop("Shipment type not in Pace"),
    )  # its id; none: "planned" is missing
    JOB_TYPE = "job_type", gettext_noop("Job type not in Pace")  # its id
    ADMIN_STATUS = "admin_status", gettext_noop("Admin status not in Pace")  # its code
    FIELD_RULE = "field_rule", gettext_noop("Field rule")  # its row, and what is wrong
    PO_NUMBER = "default_po_number", gettext_noop("No default PO number")
    TIME_ZONE = "time_zone", gettext_noop("Unknown time zone")  # its name
    HOLIDAY_CALENDAR = "holiday_calendar", gettext_noop("No holiday calendar")  # country and subdivision
    NO_WORKING_DAY = "no_working_day", gettext_noop("No working day")
    SHIP_DAYS = "default_ship_days", gettext_noop("Too many ship days")
    INTEGRATION_ID = "integration_id", gettext_noop("Customer of the storefront not in Pace")  # its id
    FALLBACK_CONTACT = "fallback_contact", gettext_noop("Fallback contact not in Pace")  # its id
    CUSTOMER = "customer", gettext_noop("No customer in Pace")  # its id, or the buyer's email
    CONTACT = "contact", gettext_noop("No contact in Pace")  # the same
    PARTY_DEFAULTS = (
        "party_defaults",
        gettext_noop("Defaults for new customers or contacts"),
    )  # whose, and the field
    WORKFLOW = "workflow", gettext_noop("Workflow not in Pressero")  # its id
    STAGE = "stage", gettext_noop("Stage not in the workflow")  # the mapping row and the workflow
    INACTIVE = "inactive", gettext_noop("Switched off")  # storefront, Pressero account or Pace server

    # --- connections; the subject is the connection ---
    LOGIN = "login", gettext_noop("Login rejected")
    LICENSE = "license", gettext_noop("License expired")
    ADDRESS = "address", gettext_noop("Address not usable")
    COMPANY_IN_ADDRESS = "company_in_address", gettext_noop("Company in the address")
    REDIRECT = "redirect", gettext_noop("Redirected")
    NO_SUCH_SERVICE = "no_such_service", gettext_noop("No such service at the address")
    NOT_REACHABLE = "not_reachable", gettext_noop("Not reachable")
    TOO_MANY_CALLS = "too_many_calls", gettext_noop("Too many calls")
    BUSY = "busy", gettext_noop("Busy")
    TRANSACTION_ENDED = "transaction_ended", gettext_noop("Transaction ended")
    ENDLESS_PAGES = "endless_pages", gettext_noop("List without an end")
    NO_ANSWER = "no_answer", gettext_noop("No usable answer")  # the connection, and what came instead
    REFUSED = "refused", gettext_noop("Refused")  # the connection, and what it said
    UNKNOWN_SITE = "unknown_site", gettext_noop("Site not in Pressero")  # the connection and the site
    POLL = "poll", gettext_noop("Statuses cannot be read")  # the server, or a job
    CREDENTIALS_KEY = "credentials_key", gettext_noop("Stored passwords cannot be read")

    # --- this order ---
    ORDER_NOT_FOUND = "order_not_found", gettext_noop("Not found in Pressero")  # the connection
    ORDER_WITHOUT_ITEMS = "order_without_items", gettext_noop("No items")  # the connection
    OTHER_SITE = "other_site", gettext_noop("Belongs to another site")
    SERVED_ELSEWHERE = "served_elsewhere", gettext_noop("Served by another account")
    UNREADABLE = "unreadable", gettext_noop("Unreadable value from Pressero")  # the value and its type
    COUNTRY = "country", gettext_noop("Unknown country")  # as written, folded
    STATE = "state", gettext_noop("Unknown state")  # country and state as written, folded
    QUANTITY = "quantity", gettext_noop("Impossible quantity")  # not_positive or too_large
    SHIP_DATE = "ship_date", gettext_noop("Ship date too far away")
    BUYER_EMAIL = "buyer_email", gettext_noop("Unusable email of the buyer")  # missing or quotes
    SAME_ITEM_NUMBER = "same_item_number", gettext_noop("Items with one number")
    EMPTY_KIT = "empty_kit", gettext_noop("Kit without parts")
    OWN_VALUE = "override", gettext_noop("Value changed for this order")  # which value
    LINK = "link", gettext_noop("Unsafe link to a file")
    UNWRITABLE_TEXT = (
        "unwritable_text",
        gettext_noop("Text that no search in Pace can hold"),
    )  # field and character
    CANCELED_HALF_WRITTEN = "canceled_half_written", gettext_noop("Canceled while its jobs were written")
    SEVERAL_JOBS = "several_jobs", gettext_noop("Several jobs in Pace")
    UNEXPLAINED_JOB = "unexplained_job", gettext_noop("Job in Pace that the hub did not expect")
    PART_WITHOUT_NUMBER = "part_without_number", gettext_noop("Job part without a number")
    COMMIT_REFUSED = "commit_refused", gettext_noop("Commit refused by Pace")
    JOB_GONE = "job_gone", gettext_noop("Job deleted in Pace")  # the job
    SHIPMENT_UNCLEAR = "shipment_unclear", gettext_noop("Items of a shipment unclear")  # the shipment
    SHIPMENT_WITHOUT_METHOD = "shipment_without_method", gettext_noop("Shipment without a method")
    TRACKING = "tracking", gettext_noop("Tracking numbers changed")  # the shipment and its numbers
    AFTER_SUBMISSION = "after_submission", gettext_noop("Incomplete after submission")
    PRESSERO_UPDATES = "pressero_updates", gettext_noop("Pressero not up to date")

    # --- the hub itself ---
    DATABASE = "database", gettext_noop("Database did not answer")
    CLOCK = "clock", gettext_noop("A worker's clock is wrong")
    STATE_CHANGED = "state_changed", gettext_noop("Changed by another worker")
    WORKER_KILLED = "worker_killed", gettext_noop("Worker stopped unexpectedly")
    SHADOW_WRITE = "shadow_write", gettext_noop("Write in shadow mode")
    WATCH = "watch", gettext_noop("Alert rule")  # its key
    INTERNAL = "internal", gettext_noop("Internal error")  # its class

    def of(self, subject: object = "") -> Cause:
        """A cause of this kind."""
        return Cause(self, str(subject)[:LONGEST_SUBJECT])

    @property
    def fix(self) -> CauseFix:
        """What staff do about it; for a kind without a mapping, a setting or a login."""
        return _FIXES.get(self, _NO_FIX)


_FIXES = {
    CauseKind.ITEM_TEMPLATE: CauseFix("products", narrow_by="q", own_value="part.itemTemplate"),
    CauseKind.SHIPMENT_METHOD: CauseFix("shipment_methods", new_row=True, own_value="shipment.shipVia"),
    CauseKind.SHIP_VIA: CauseFix("shipment_methods", narrow_by="ship_via", own_value="shipment.shipVia"),
    CauseKind.JOB_TYPE: CauseFix(own_value="job.jobType"),
    CauseKind.ADMIN_STATUS: CauseFix(own_value="job.adminStatus"),
}


@dataclass(frozen=True)
class Cause:
    """Why an order stopped. False when there is nothing in common with other orders."""

    kind: CauseKind = CauseKind.NONE
    subject: str = ""

    @classmethod
    def stored(cls, kind: str, subject: str) -> Self:
        """From the columns of a row. One of a kind that this release does not know is no order's."""
        return cls(CauseKind(kind), subject) if kind in CauseKind else cls(subject=f"{kind}:{subject}")

    @classmethod
    def from_key(cls, key: str) -> Self:
        """From its spelling in an address, a form or a key column."""
        return cls.stored(*key[: LONGEST_KIND + 1 + LONGEST_SUBJECT].partition(":")[::2])

    @property
    def key(self) -> str:
        """Kind and subject as one text, for addresses, forms and keys. "" for no cause."""
        return f"{self.kind}:{self.subject}" if self.subject else str(self.kind)

    @property
    def columns(self) -> dict[str, str]:
        """The columns of an order."""
        return {"cause_kind": str(self.kind), "cause_subject": self.subject}

    def __bool__(self) -> bool:
        return self.kind != CauseKind.NONE

    def __str__(self) -> str:
        return self.key


NO_CAUSE = Cause()
