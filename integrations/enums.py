"""The fixed vocabularies of the hub: what is stored in status columns and shown in lists.

Labels are English wherever they are stored, sent or logged; the portal translates them where it shows them.
"""

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_noop


class OrderStatus(TextChoices):
    """Where an order stands. The words are part of the API (docs/api.md §1)."""

    RECEIVED = "received", gettext_noop("Received")
    WAITING = "waiting", gettext_noop("Waiting for approvals")
    PROCESSING = "processing", gettext_noop("Processing")
    SUBMITTED = "submitted", gettext_noop("Submitted")
    COMPLETED = "completed", gettext_noop("Completed")
    DENIED = "denied", gettext_noop("Denied")
    ON_HOLD = "on_hold", gettext_noop("On hold")
    NEEDS_ATTENTION = "needs_attention", gettext_noop("Needs attention")
    SHADOW = "shadow", gettext_noop("Shadow: planned, nothing written")


# What staff may send back to work by hand: everything that is not already being worked on or finished.
RETRYABLE_STATUSES = (OrderStatus.NEEDS_ATTENTION, OrderStatus.PROCESSING, OrderStatus.RECEIVED)


class FailureMode(TextChoices):
    """Who must act on a failure."""

    NONE = "", "-"
    TRANSIENT = "transient", gettext_noop("Will retry automatically")
    CONFIG = "config", gettext_noop("Staff: fix a mapping, a setting or a login")
    ORDER = "order", gettext_noop("Staff: correct this order")
    VERIFY_FIRST = "look_first", gettext_noop("Will check Pace, then retry automatically")
    INTERNAL = "internal", gettext_noop("Support: an internal error")


class Step(TextChoices):
    """The stations of an order, in order."""

    FETCH = "fetch", gettext_noop("Read the order from Pressero")
    DECIDE = "decide", gettext_noop("Check the approvals")
    PLAN = "plan", gettext_noop("Plan the jobs")
    SUBMIT = "submit", gettext_noop("Write the jobs to Pace")
    WRITE_BACK = "write_back", gettext_noop("Send the job numbers to Pressero")


class AttemptOutcome(TextChoices):
    """How one attempt of a step ended. RUNNING without an end is the trace of a killed worker."""

    RUNNING = "running", gettext_noop("Running")
    DONE = "done", gettext_noop("Done")
    RETRY = "retry", gettext_noop("Will retry")
    STOPPED = "stopped", gettext_noop("Stopped: action needed")
    ABANDONED = "abandoned", gettext_noop("The worker stopped unexpectedly")


class JobState(TextChoices):
    """How far the writing of one job to Pace has come.

    COMMITTING is stored before the commit call leaves; a row found in it means that nobody knows whether
    Pace applied the commit, so it is looked for first.
    """

    PLANNED = "planned", gettext_noop("Planned")
    WRITING = "writing", gettext_noop("Being written")
    COMMITTING = "committing", gettext_noop("Commit sent, not confirmed yet")
    DONE = "done", gettext_noop("In Pace")


class EventVerdict(TextChoices):
    """What became of a webhook event."""

    ACCEPTED = "accepted", gettext_noop("Accepted")
    LATE = "late", gettext_noop("Accepted (dated long ago)")
    NO_ORDER = "no_order", gettext_noop("Not about an order")
    UNKNOWN_TYPE = "unknown_type", gettext_noop("Unknown type")
    UNKNOWN_SITE = "unknown_site", gettext_noop("Unknown storefront")
    INACTIVE_SITE = "inactive_site", gettext_noop("Inactive storefront")
    CONFLICT = "conflict", gettext_noop("Same MessageID, different content")


class HashScheme(TextChoices):
    """How Pressero computes `MessageHash`; AUTO lets the first genuine message decide."""

    AUTO = "auto", "Detect from the first genuine message"
    KEY_BODY_HEX = "key+body:hex", "SHA1(key + body), hexadecimal"
    KEY_BODY_B64 = "key+body:b64", "SHA1(key + body), base64"
    BODY_KEY_HEX = "body+key:hex", "SHA1(body + key), hexadecimal"
    BODY_KEY_B64 = "body+key:b64", "SHA1(body + key), base64"
    KEY_BODY_UTF16_HEX = "key+body/utf16:hex", "SHA1(key + body) as UTF-16, hexadecimal"
    KEY_BODY_UTF16_B64 = "key+body/utf16:b64", "SHA1(key + body) as UTF-16, base64"
    BODY_KEY_UTF16_HEX = "body+key/utf16:hex", "SHA1(body + key) as UTF-16, hexadecimal"
    BODY_KEY_UTF16_B64 = "body+key/utf16:b64", "SHA1(body + key) as UTF-16, base64"
    HMAC_HEX = "hmac:hex", "HMAC-SHA1, hexadecimal"
    HMAC_B64 = "hmac:b64", "HMAC-SHA1, base64"


class DateTimes(TextChoices):
    """How a Pace server takes and gives date-times (`PaceServer.date_times`)."""

    UTC = "utc", "In UTC, as Pace documents it"
    LOCAL = "local", "In the server's own time zone"


class StorefrontMode(TextChoices):
    """Whether a storefront's orders become jobs, or are only planned (docs/migrating.md §1)."""

    LIVE = "live", gettext_noop("Live: orders become jobs in Pace")
    SHADOW = "shadow", gettext_noop("Shadow: orders are planned, nothing is written to Pace or Pressero")


class ShadowResult(TextChoices):
    """How an order planned in shadow mode compares with the jobs that others made for it."""

    PENDING = "pending", gettext_noop("Not compared yet")
    SAME = "same", gettext_noop("Same as the job in Pace")
    DIFFERENT = "different", gettext_noop("Different from the job in Pace")
    NOT_FOUND = "not_found", gettext_noop("No job found in Pace")


class HolidayRule(TextChoices):
    """What `skip_holidays` does to a ship date (docs/mapping.md §11)."""

    ROLL_FORWARD = "roll_forward", "Roll forward: a date on a day off moves to the next working day"
    COUNT_WORKING_DAYS = (
        "count_working_days",
        "Count working days: each weekday holiday up to the ship date pushes it by one working day",
    )


class ChangeSource(TextChoices):
    """Where a difference to the order as it was sent was found."""

    PRESSERO = "pressero", "Pressero"
    PACE = "pace", "Pace"


class ChangeClosed(TextChoices):
    """What closed a difference."""

    OPEN = "", gettext_noop("Open")
    STAFF = "staff", gettext_noop("Handled by staff")
    IGNORED = "ignored", gettext_noop("Ignored by staff")
    VERIFIED = "verified", gettext_noop("Verified in Pace")
    CHANGED_BACK = "changed_back", gettext_noop("Changed back")


class SearchKind(IntegerChoices):
    """What of an order somebody may search by. Their order is the order of the groups on the page of results."""

    NUMBER = 1, gettext_noop("Order number")
    JOB = 2, gettext_noop("Job in Pace")
    PO = 3, gettext_noop("PO number")
    TRACKING = 4, gettext_noop("Tracking number")
    CUSTOMER = 5, gettext_noop("Customer")
    EMAIL = 6, gettext_noop("Email")
    PRODUCT = 7, gettext_noop("Product")


class EventType(TextChoices):
    """What other systems are told (docs/events.md §1)."""

    RECEIVED = "order.received", gettext_noop("Order received")
    SUBMITTED = "order.submitted", gettext_noop("Order submitted to Pace")
    NEEDS_ATTENTION = "order.needs_attention", gettext_noop("Order needs attention")
    CHANGED = "order.changed", gettext_noop("Order changed after submission")
    COMPLETED = "order.completed", gettext_noop("Order completed")
    STATUS_CHANGED = "order.status_changed", gettext_noop("Order status changed")
    TEST = "test", gettext_noop("Test event")


class DeliveryState(TextChoices):
    """How far one event has come on its way to one subscription."""

    PENDING = "pending", gettext_noop("Waiting")
    DELIVERED = "delivered", gettext_noop("Delivered")
    FAILED = "failed", gettext_noop("Failed: not retried anymore")


class CallOutcome(TextChoices):
    """How a call to Pressero or Pace ended."""

    ANSWERED = "answered", gettext_noop("Answered")
    REFUSED = "refused", gettext_noop("Refused")
    ERROR = "error", gettext_noop("System error")
    SILENT = "silent", gettext_noop("No answer")
