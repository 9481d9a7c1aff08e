"""The active storefronts by site as this process knows them, so that an event costs no look-up.

Only those that are there and active are kept, and only for SECONDS: a storefront that is set up or activated is seen by
the next event, or its event would stay behind. One that is switched off is seen at once in this process, within SECONDS
in others, and its worker stops the order anyway.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.db import models, transaction

if TYPE_CHECKING:
    from integrations.models.storefronts import Storefront

SECONDS = 2.0
MOST = 10_000

Site = tuple[int, str]
_kept: dict[Site, tuple[float, Storefront]] = {}


def forget() -> None:
    """Read them afresh next time."""
    _kept.clear()


def forget_now_and_after_commit() -> None:
    """What others read before the commit is the old storefront once more."""
    forget()
    transaction.on_commit(forget)


class StorefrontQuerySet(models.QuerySet["Storefront"]):
    """Changes of many rows are seen as well."""

    def update(self, **kwargs: Any) -> int:
        changed = super().update(**kwargs)
        forget_now_and_after_commit()
        return changed

    def delete(self) -> tuple[int, dict[str, int]]:
        gone = super().delete()
        forget_now_and_after_commit()
        return gone

    def of_sites(self, sites: Collection[Site]) -> dict[Site, Storefront]:
        """The storefronts of these accounts' sites, one query for those that are not kept. Not to be changed or saved."""
        now = time.monotonic()
        found = {site: kept[1] for site in sites if (kept := _kept.get(site)) is not None and kept[0] > now}
        missing = {site for site in sites if site not in found}
        if not missing:
            return found
        rows = self.filter(
            pressero_account__in={account for account, _ in missing},
            site_id__in={site for _, site in missing},
        )
        fresh: dict[Site, Storefront] = {(row.pressero_account_id, row.site_id): row for row in rows}
        if len(_kept) > MOST:
            _kept.clear()
        _kept.update({site: (now + SECONDS, row) for site, row in fresh.items() if row.active})
        return found | {site: row for site, row in fresh.items() if site in missing}
