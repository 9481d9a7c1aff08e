"""Which storefront an order belongs to: asked under another one, the answer names the right one instead of a wrong plan."""

from __future__ import annotations

from automationhub.lib.texts import guid
from integrations.causes import CauseKind
from integrations.clients.pressero.orders import parse_order
from integrations.clients.schemas import PresseroOrder
from integrations.core.connections.clients import pressero_client
from integrations.errors import HubError, PermanentError
from integrations.models import Order, Storefront


class OtherSite(PermanentError):
    """The order was placed in another storefront than the one it was asked under."""


def check_site(order: PresseroOrder, storefront: Storefront) -> None:
    """Raises OtherSite, naming the order's own storefront. An order that does not say its site passes."""
    site = guid(order.site_id)
    if not site or site == guid(storefront.site_id):
        return
    own = Storefront.objects.filter(
        pressero_account=storefront.pressero_account_id, site_id__iexact=site
    ).first()
    if own is not None:
        whose = f"the storefront “{own.name}”. Choose that storefront"
    else:
        site_name = f"“{order.site_name}” ({site})" if order.site_name else site
        whose = (
            f"the Pressero site {site_name}, which is not set up as a storefront. Add that storefront first"
        )
    raise OtherSite(
        f"Order {order.number} does not belong to the storefront “{storefront.name}” but to {whose}.",
        field="site_id",
        cause=CauseKind.OTHER_SITE.of(),
    )


def check_before_taking_in(storefront: Storefront, number: int) -> None:
    """Raises OtherSite when the hub or Pressero knows the order under another storefront.

    A Pressero that cannot be asked now is no obstacle: the order is read again, and checked, before anything is planned.
    """
    known = (
        Order.objects.select_related("storefront")
        .filter(account=storefront.pressero_account_id, number=number)
        .first()
    )
    if known is not None and known.storefront_id != storefront.pk:
        raise OtherSite(
            f"Order {number} does not belong to the storefront “{storefront.name}” but to the storefront "
            f"“{known.storefront.name}”. Choose that storefront.",
            field="site_id",
            cause=CauseKind.OTHER_SITE.of(),
        )
    try:
        fetched = parse_order(pressero_client(storefront.pressero_account).order_payload(number))
    except HubError:
        return
    check_site(fetched, storefront)
