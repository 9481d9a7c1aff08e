"""An order is processed by the one row that has its identity, whatever account and storefront rows lead to it."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from integrations.causes import CauseKind
from integrations.core.workqueue.orders import OrderLease
from integrations.errors import PermanentError
from integrations.models import Order


def take(held: OrderLease, order: Order) -> None:
    """Make this row the one that is processed. Raises PermanentError when another row of the same Pressero order is.

    Every row made by this release has its identity from the start; a row of the release before takes it here. One whose
    jobs are in Pace goes on: both are known then.
    """
    if order.identity is not None or order.submitted_at is not None:
        return
    wanted = order.account.identity_of(order.number)
    try:
        with transaction.atomic():
            held.update(identity=wanted)
    except IntegrityError as error:
        raise _served_elsewhere(order, wanted) from error
    order.identity = wanted


def _served_elsewhere(order: Order, identity: str) -> PermanentError:
    first = Order.objects.select_related("storefront", "account").get(identity=identity)
    return PermanentError(
        f"Order {order.number} is already served by the storefront “{first.storefront}” of the Pressero account "
        f"“{first.account}”, which reads the same subscription. It is not sent from here. Deactivate one of the two "
        f"storefronts.",
        field="storefront",
        cause=CauseKind.SERVED_ELSEWHERE.of(),
    )
