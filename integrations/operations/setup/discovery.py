"""Finding the sites of a Pressero account and making inactive storefronts of them.

Pressero's API has no list of sites. So the hub looks up the site ids it meets: in events that nobody took, and in the orders
of the last weeks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone

from integrations.core.audit import log as audit
from integrations.core.connections.clients import pressero_client
from integrations.core.workqueue import work_leases
from integrations.errors import HubError
from integrations.models import PaceServer, PresseroAccount, Storefront
from integrations.operations.setup import versions
from integrations.operations.setup.reference import known_sites, sites

LOOK_BACK = timedelta(days=30)


@dataclass
class Discovery:
    """What a look for sites found."""

    created: list[str] = field(default_factory=list)
    known: int = 0
    # Sites that a storefront of another account has: "name: already served by …".
    served: list[str] = field(default_factory=list)
    failure: str = ""

    @property
    def sentence(self) -> str:
        if self.failure:
            return self.failure
        made = (
            f"{len(self.created)} created and inactive: {', '.join(self.created)}"
            if self.created
            else "none is new"
        )
        served = f" Not created: {'; '.join(self.served)}." if self.served else ""
        return f"{self.known + len(self.created) + len(self.served)} sites found, {made}.{served}"


def discover(account_id: int, server_id: int) -> Discovery:
    """Create an inactive storefront for each site of the account that has none yet, bound to this Pace server."""
    found = Discovery()
    account = PresseroAccount.objects.filter(pk=account_id).first()
    server = PaceServer.objects.filter(pk=server_id).first()
    if account is None or server is None:
        found.failure = "The account or the server was deleted in the meantime."
        return found
    with work_leases.one_at_a_time(f"discovery of account {account.pk}") as run:
        if run is None:
            found.failure = "Another worker is already finding sites."
            return found
        try:
            _search_sites(account, server, found)
        except HubError as error:
            found.failure = f"The sites of {account} could not be read. {error}"
        run.summary = found.sentence
    if found.created:
        versions.note("Automation Hub", f"Sites of {account.name}: {found.sentence}")
    audit.record("sites.discovered", {"account": account.name, "result": found.sentence})
    return found


def _search_sites(account: PresseroAccount, server: PaceServer, found: Discovery) -> None:
    client = pressero_client(account)
    client.login()
    ids = set(known_sites(account))
    now = timezone.now()
    for page in client.search_orders(now - LOOK_BACK, now):
        ids |= {site_id.lower() for _, site_id in page if site_id}
    taken = set(Storefront.objects.filter(pressero_account=account).values_list("site_id", flat=True))
    found.known = len(ids & taken)
    for site in sites(client, sorted(ids - taken)):
        storefront = Storefront(
            name=_free_name(site.name or site.url or site.id),
            site_id=site.id.lower(),
            pressero_account=account,
            pace_server=server,
            active=False,
        )
        if other := storefront.served_by():
            found.served.append(
                f"{site.name or site.id} is already served by the storefront “{other.name}” of the account "
                f"“{other.pressero_account.name}”"
            )
            continue
        try:
            storefront.full_clean()
        except ValidationError:
            continue  # created by someone else meanwhile
        storefront.save()
        found.created.append(storefront.name)


def _free_name(wanted: str) -> str:
    name = " ".join(wanted.split())[:90]
    taken = set(Storefront.objects.filter(name__startswith=name).values_list("name", flat=True))
    if name not in taken:
        return name
    return next(numbered for n in range(2, 1000) if (numbered := f"{name} ({n})") not in taken)
