"""Whether Pace knows the customer that staff named by an Integration ID, so that a typo creates no customer.

A worker looks it up after every save, staff may look it up by a button. Its result is stored on the storefront.
"""

from __future__ import annotations

from difflib import get_close_matches

from integrations.clients.pace.client import PaceClient
from integrations.clients.pace.xpath import is_quotable
from integrations.core.audit import log as audit
from integrations.core.connections.clients import pace_client
from integrations.core.workqueue import messages as queue
from integrations.errors import HubError
from integrations.models import Storefront
from integrations.models.storefronts import StorefrontQuerySet

MOST_OFFERED = 3


def ask(storefront: Storefront) -> None:
    """Have a worker look the Integration ID up, unless it is confirmed."""
    if storefront.integration_id.strip() and not storefront.integration_id_confirmed:
        queue.ask_for_customer_check(storefront.pk)


def check(storefront: Storefront) -> str:
    """Look the Integration ID up in Pace and keep what came of it; a sentence. Raises HubError."""
    wanted = storefront.integration_id.strip()
    if not wanted:
        return f"The storefront “{storefront.name}” has no Integration ID; there is nothing to check."
    pace = pace_client(storefront.pace_server)
    if is_quotable(wanted) and pace.customer_exists(wanted):
        note_known(storefront.pk, wanted)
        return f"Pace knows the customer {wanted}. The Integration ID is confirmed."
    finding = not_found(wanted, nearest(pace, wanted))
    _of(storefront.pk, wanted).update(integration_id_finding=finding[:300])
    return finding


def check_after_save(storefront_id: int) -> str:
    """The worker's look-up; a system that is down is tried again with the first order."""
    storefront = Storefront.objects.select_related("pace_server").filter(pk=storefront_id).first()
    if storefront is None:
        return "The storefront was deleted in the meantime."
    try:
        return check(storefront)
    except HubError as error:
        return f"The Integration ID of “{storefront.name}” could not be checked. {error}"


def confirm_new(storefront: Storefront, *, actor: str) -> str:
    """Staff say that the customer is really to be created under this id with the first order."""
    wanted = storefront.integration_id.strip()
    note_known(storefront.pk, wanted)
    sentence = f"{actor} confirmed that the customer {wanted} may be created in Pace for “{storefront.name}”."
    audit.record("customer.confirmed", {"sentence": sentence}, actor=actor)
    return f"The customer {wanted} will be created in Pace with the next order if it is not there by then."


def note_known(storefront_id: int, integration_id: str) -> None:
    """Confirm this Integration ID, if it is still the storefront's."""
    _of(storefront_id, integration_id).update(
        confirmed_integration_id=integration_id, integration_id_finding=""
    )


def nearest(pace: PaceClient, wanted: str) -> tuple[str, ...]:
    """The customers whose id or name is most like this one, as "EXCU (Example CU)"."""
    found = pace.customers_beginning_with(wanted[:1]) if wanted and is_quotable(wanted) else {}
    by_key = {key.casefold(): f"{key} ({name})" if name else key for key, name in found.items()}
    keys = get_close_matches(wanted.casefold(), by_key, MOST_OFFERED, cutoff=0.6)
    return tuple(by_key[key] for key in keys)


def not_found(wanted: str, offered: tuple[str, ...]) -> str:
    """Says that Pace has no such customer, and what was probably meant."""
    meant = f" Did you mean {' or '.join(offered)}?" if offered else ""
    return f"Pace has no customer {wanted}.{meant}"


def _of(storefront_id: int, integration_id: str) -> StorefrontQuerySet:
    # Typed with blanks around it, it is the same id.
    return Storefront.objects.filter(pk=storefront_id, integration_id__contains=integration_id)
