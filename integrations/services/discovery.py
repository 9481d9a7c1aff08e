"""Finding the sites of a Pressero account and making inactive storefronts of them.

Pressero's API has no list of sites. So the hub looks up the site ids it meets: in events that nobody took, and in the orders
of the last weeks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone

from automationhub.lib.crypto import CredentialsKeyError
from integrations import audit
from integrations.errors import HubError
from integrations.models import PaceServer, PresseroAccount, Storefront
from integrations.services import periodic
from integrations.services.connections import pressero_client
from integrations.services.reference import known_sites, sites

LOOK_BACK = timedelta(days=30)


@dataclass
class Discovery:
    """What a look for sites found."""

    created: list[str] = field(default_factory=list)
    known: int = 0
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
        return f"{self.known + len(self.created)} sites found, {made}."


def discover(account_id: int, server_id: int) -> Discovery:
    """Create an inactive storefront for each site of the account that has none yet, bound to this Pace server."""
    found = Discovery()
    account = PresseroAccount.objects.filter(pk=account_id).first()
    server = PaceServer.objects.filter(pk=server_id).first()
    if account is None or server is None:
        found.failure = "The account or the server was deleted meanwhile."
        return found
    with periodic.alone(f"discovery of account {account.pk}") as run:
        if run is None:
            found.failure = "Another worker is looking right now."
            return found
        try:
            _look(account, server, found)
        except (HubError, CredentialsKeyError) as error:
            found.failure = f"The sites of {account} could not be read. {error}"
        run.summary = found.sentence
    audit.record("sites.discovered", {"account": account.name, "result": found.sentence})
    return found


def _look(account: PresseroAccount, server: PaceServer, found: Discovery) -> None:
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
        try:
            storefront.full_clean()
        except ValidationError:
            continue  # made by somebody meanwhile, or a name that cannot be searched for in Pace
        storefront.save()
        found.created.append(storefront.name)


def _free_name(wanted: str) -> str:
    name = " ".join(wanted.split())[:90]
    taken = set(Storefront.objects.filter(name__startswith=name).values_list("name", flat=True))
    if name not in taken:
        return name
    return next(numbered for n in range(2, 1000) if (numbered := f"{name} ({n})") not in taken)
