"""The active Pressero accounts as this process knows them, so that a stranger's webhook costs no query.

All of them are kept, not those asked for: an address that does not exist then costs what a real one costs, and
nobody fills the memory by asking for others. Saving an account is seen at once in this process, within SECONDS in others.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.db import models, transaction

if TYPE_CHECKING:
    from integrations.models.connections import PresseroAccount

SECONDS = 2.0

_kept: tuple[float, dict[str, PresseroAccount]] | None = None


def forget() -> None:
    """Read the accounts afresh next time."""
    global _kept  # noqa: PLW0603 - one assignment, so that no lock is needed
    _kept = None


def forget_now_and_after_commit() -> None:
    """What others read before the commit is the old account once more."""
    forget()
    transaction.on_commit(forget)


class AccountQuerySet(models.QuerySet["PresseroAccount"]):
    """Changes of many rows are seen as well."""

    def update(self, **kwargs: Any) -> int:
        changed = super().update(**kwargs)
        forget_now_and_after_commit()
        return changed

    def delete(self) -> tuple[int, dict[str, int]]:
        gone = super().delete()
        forget_now_and_after_commit()
        return gone

    def active_with(self, slug: str) -> PresseroAccount | None:
        """The active account of this webhook address, as it was at most SECONDS ago. Not to be changed or saved."""
        global _kept  # noqa: PLW0603
        kept = _kept
        if kept is None or kept[0] < time.monotonic():
            accounts: dict[str, PresseroAccount] = {one.slug: one for one in self.filter(active=True)}
            _kept = kept = (time.monotonic() + SECONDS, accounts)
        return kept[1].get(slug)
