"""How the portal shows states, times, amounts and links: the same on every page."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext

from automationhub.lib.admin import admin_link
from automationhub.lib.shown_times import moment_text
from integrations.causes import Cause
from integrations.enums import AttemptOutcome, CallOutcome, EventVerdict, JobState, OrderStatus
from integrations.models import Order, PaceJob

NOTHING = format_html('<span class="hub-nothing">{}</span>', "–")

ORDER_TONES: dict[str, str] = {
    OrderStatus.RECEIVED: "info",
    OrderStatus.WAITING: "wait",
    OrderStatus.PROCESSING: "info",
    OrderStatus.SUBMITTED: "good",
    OrderStatus.COMPLETED: "done",
    OrderStatus.DENIED: "muted",
    OrderStatus.ON_HOLD: "wait",
    OrderStatus.NEEDS_ATTENTION: "bad",
    OrderStatus.SHADOW: "muted",
}
VERDICT_TONES: dict[str, str] = {
    EventVerdict.ACCEPTED: "good",
    EventVerdict.LATE: "wait",
    EventVerdict.NO_ORDER: "muted",
    EventVerdict.UNKNOWN_TYPE: "muted",
    EventVerdict.UNKNOWN_SITE: "bad",
    EventVerdict.INACTIVE_SITE: "wait",
    EventVerdict.CONFLICT: "wait",
}
OUTCOME_TONES: dict[str, str] = {
    AttemptOutcome.RUNNING: "info",
    AttemptOutcome.DONE: "good",
    AttemptOutcome.RETRY: "wait",
    AttemptOutcome.STOPPED: "bad",
    AttemptOutcome.ABANDONED: "bad",
}
CALL_TONES: dict[str, str] = {
    CallOutcome.ANSWERED: "good",
    CallOutcome.REFUSED: "wait",
    CallOutcome.ERROR: "bad",
    CallOutcome.SILENT: "bad",
}
JOB_TONES: dict[str, str] = {
    JobState.PLANNED: "muted",
    JobState.WRITING: "info",
    JobState.COMMITTING: "wait",
    JobState.DONE: "good",
}


def badge(text: str, tone: str) -> SafeString:
    """A short word in a coloured pill; the colour only repeats what the word says."""
    return format_html('<span class="hub-badge hub-tone-{}">{}</span>', tone, text)


def job_url(job: PaceJob) -> str:
    """The job's page in Pace, "" when its server says no address."""
    return job.server.job_link.replace("{job}", quote(job.number, safe="")) if job.number else ""


def job_link(job: PaceJob) -> SafeString | str:
    """The job's number, as a link into Pace where its server has one."""
    return outside_link(job_url(job), job.number) if job.number else NOTHING


def pressero_url(order: Order) -> str:
    """The order's page in Pressero's admin, "" when its account says no address."""
    link = order.storefront.pressero_account.order_link
    site = quote(order.storefront.site_id, safe="")
    return link.replace("{order}", str(order.number)).replace("{site}", site)


def outside_link(url: str, text: str) -> SafeString | str:
    """A link to another system in a window of its own; the text alone without an address."""
    if not url:
        return text
    return format_html('<a class="hub-link" href="{}" target="_blank" rel="noopener">{}</a>', url, text)


def order_badge(order: Order) -> SafeString:
    return badge(gettext(order.get_status_display()), ORDER_TONES.get(order.status, "muted"))


def moment(at: datetime | None, *, seconds: bool = False) -> SafeString:
    """A time in the reader's zone, in UTC in its title (as hub/time.html does). `static/hub/admin.js` tells the hub the zone,
    and corrects the very first page."""
    if at is None:
        return NOTHING
    local = timezone.localtime(at)
    return format_html(
        '<time class="hub-time" datetime="{}" data-form="{}" title="{} {}">{}</time>',
        local.isoformat(timespec="seconds"),
        "seconds" if seconds else "minutes",
        moment_text(at.astimezone(UTC), seconds=seconds),
        "UTC",
        moment_text(local, seconds=seconds),
    )


def two_lines(first: object, second: object) -> SafeString:
    """Two values in one cell of a list, the second one smaller."""
    return format_html(
        '<span class="hub-two-lines"><span>{}</span><span class="hub-small">{}</span></span>', first, second
    )


def amount(value: Decimal | None) -> str:
    return "–" if value is None else number_format(round(value, 2), 2, force_grouping=True)


def money(value: Decimal | None) -> str:
    """An amount with the sign of the shop's currency."""
    return "–" if value is None else f"{settings.CURRENCY_SIGN}{amount(value)}"


def ago(at: datetime | None) -> SafeString:
    """How long ago a time was, in a few characters, with the exact time and its zone in the title."""
    if at is None:
        return NOTHING
    local = timezone.localtime(at)
    return format_html(
        '<time class="hub-time" datetime="{}" data-form="ago" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        f"{moment_text(local, seconds=True)} {local.tzname()}",
        age(timezone.now() - at),
    )


def age(passed: timedelta) -> str:
    """A length of time in its largest unit, as lists show it."""
    seconds = max(0, int(passed.total_seconds()))
    if seconds < 60:
        return gettext("just now")
    if seconds < 3600:
        return gettext("{count} min ago").format(count=seconds // 60)
    if seconds < 86400:
        return gettext("{count} h ago").format(count=seconds // 3600)
    return gettext("{count} d ago").format(count=seconds // 86400)


def shortened(text: str, length: int = 90) -> str:
    return Truncator(" ".join(text.split())).chars(length)


def change_url(obj: Model) -> str:
    """The page of a row, or "" when the portal has none."""
    name = f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change"
    try:
        return reverse(name, args=[obj.pk])
    except NoReverseMatch:
        return ""


def stopped_for(cause: Cause) -> str:
    """The list of the orders that need attention for this cause."""
    same = {
        "cause_kind__exact": str(cause.kind),
        "cause_subject__exact": cause.subject,
        "status__exact": OrderStatus.NEEDS_ATTENTION.value,
    }
    return f"{reverse('admin:integrations_order_changelist')}?{urlencode(same)}"


def may_open(user: User | AnonymousUser, app_label: str, model_name: str) -> bool:
    """Whether the user may look at the rows of this model."""
    return any(user.has_perm(f"{app_label}.{right}_{model_name}") for right in ("view", "change"))


def object_link(request: HttpRequest, obj: Model, text: str = "") -> SafeString | str:
    """A link to the row's page for those who may open it, its name for everybody else."""
    shown, url = text or str(obj), change_url(obj)
    allowed = may_open(request.user, obj._meta.app_label, str(obj._meta.model_name))
    return admin_link(url, shown) if url and allowed else shown


def order_link(order: Order | None) -> SafeString:
    return NOTHING if order is None else admin_link(change_url(order), str(order.number))


def signed_in(request: HttpRequest) -> User:
    """The user who makes this request. Raises PermissionDenied for a visitor without an account."""
    if isinstance(request.user, AnonymousUser):
        raise PermissionDenied
    return request.user


def actor_name(request: HttpRequest) -> str:
    """The acting user as the audit log keeps it."""
    user = request.user
    full_name = str(getattr(user, "get_full_name", lambda: "")())
    return full_name or user.get_username()


def short_actor(actor: str) -> str:
    """The actor without which worker it was; the full name belongs into a title."""
    return gettext("worker") if actor.startswith("worker ") else actor
