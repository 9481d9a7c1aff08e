"""What staff can do to orders: which buttons an order gets, what each asks, and doing it to many at once.

Whether an order may be retried or held is decided by `core.workqueue.orders` alone; `offered` only spares people buttons
that could not work.
"""

from collections.abc import Callable, Collection

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext

from integrations.admin.shared.confirm import Question
from integrations.enums import RETRYABLE_STATUSES, FailureMode, OrderStatus
from integrations.errors import NotAllowed
from integrations.models import Order
from integrations.operations import absent_jobs
from integrations.orders.submission import overrides

# More orders than this at once would outlast a web request: workers do it.
MOST_AT_ONCE = 200
SHOWN_REFUSALS = 5

_STOPPABLE = (OrderStatus.RECEIVED, OrderStatus.WAITING, OrderStatus.PROCESSING, OrderStatus.NEEDS_ATTENTION)


def offered(order: Order) -> list[str]:
    """The actions that make sense for the order as it is, the most likely one first."""
    if order.status == OrderStatus.ON_HOLD:
        return ["release", "preview", "change_value", "support_bundle"]
    actions = []
    if order.status in RETRYABLE_STATUSES or order.failure_mode != FailureMode.NONE:
        actions.append("retry")
    actions.append("preview")
    if overrides.may_change(order):
        actions.append("change_value")
    actions.append("process_again")
    if order.submitted_at is not None:
        actions.append("resend")
    if order.status in _STOPPABLE:
        actions.append("hold")
    if absent_jobs.jobs_in_question(order).exists():
        actions.append("jobs_absent")
    if order.changes.filter(handled_at__isnull=True).exists():
        actions.append("changes_handled")
    actions.append("support_bundle")
    return actions


def ask_retry(order: Order) -> Question:
    return Question(
        gettext("Retry order {number}?").format(number=order.number),
        gettext(
            "The order is queued now and has its full time for retries again. Jobs that are already in Pace are never created twice."
        ),
        gettext("Retry"),
    )


def ask_process_again(order: Order) -> Question:
    return Question(
        gettext("Process order {number} again?").format(number=order.number),
        gettext(
            "The order is read from Pressero again and goes through all steps. Jobs that are already in Pace stay as they are and are never created twice."
        ),
        gettext("Process again"),
    )


def ask_resend(order: Order) -> Question:
    return Question(
        gettext("Resend everything about order {number} to Pressero?").format(number=order.number),
        gettext(
            "Job numbers and stages are sent again, as they should be now, whatever Pressero shows. Pressero may email the buyer about a stage again. Shipments that Pressero already has are not added twice."
        ),
        gettext("Resend to Pressero"),
    )


def ask_hold(order: Order) -> Question:
    return Question(
        gettext("Put order {number} on hold?").format(number=order.number),
        gettext("The order stops here until you release it. An order with jobs in Pace cannot be held."),
        gettext("Put on hold"),
        danger=True,
        asks_note=True,
    )


def ask_release(order: Order) -> Question:
    return Question(
        gettext("Release order {number}?").format(number=order.number),
        gettext("The order is read from Pressero again and continues as usual."),
        gettext("Release"),
    )


def ask_changes_handled(order: Order) -> Question:
    return Question(
        gettext("Are the changes of order {number} handled?").format(number=order.number),
        gettext(
            "Confirm when the changes are made in Pace or settled with the customer. They stay listed with your name."
        ),
        gettext("Mark as handled"),
        asks_note=True,
    )


def ask_support_bundle(order: Order) -> Question:
    return Question(
        gettext("Download a support bundle of order {number}?").format(number=order.number),
        gettext(
            "One zip file for the people who help you: versions, settings, health, and this order's timeline, plan and calls. "
            "Names, addresses, emails and whatever buyers typed are replaced, and secrets are left out, so you can mail it."
        ),
        gettext("Download"),
    )


def do_to_each(
    request: HttpRequest, orders: Collection[Order], act: Callable[[Order], None], *, done: str
) -> None:
    """Call the service for every chosen order; tell how many went, and why the others did not."""
    refusals = []
    for order in orders:
        try:
            act(order)
        except NotAllowed as error:
            refusals.append(error.message)
    if went := len(orders) - len(refusals):
        messages.success(
            request,
            ngettext("{count} order was {done}.", "{count} orders were {done}.", went).format(
                count=went, done=done
            ),
        )
    for refusal in refusals[:SHOWN_REFUSALS]:
        messages.warning(request, refusal)
    if len(refusals) > SHOWN_REFUSALS:
        messages.warning(
            request,
            gettext("{count} more orders were left as they are.").format(
                count=len(refusals) - SHOWN_REFUSALS
            ),
        )
