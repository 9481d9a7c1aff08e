"""Two storefronts, as every mapping test that needs the database knows them."""

import pytest

from integrations.models import PaceServer, PresseroAccount, Storefront


def make_storefront(name: str) -> Storefront:
    account, _ = PresseroAccount.objects.get_or_create(
        slug="account", defaults={"name": "Account", "base_url": "https://pressero.example/api/"}
    )
    server, _ = PaceServer.objects.get_or_create(
        slug="pace", defaults={"name": "Pace", "url": "https://pace.example/"}
    )
    return Storefront.objects.create(
        name=name, site_id=f"site {name}", pressero_account=account, pace_server=server
    )


@pytest.fixture
def north(db: None) -> Storefront:
    return make_storefront("North")


@pytest.fixture
def south(db: None) -> Storefront:
    return make_storefront("South")
