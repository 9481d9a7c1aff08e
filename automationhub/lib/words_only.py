"""Migrations that change what people read and nothing that a database stores."""

from __future__ import annotations

from django.db.migrations import SeparateDatabaseAndState
from django.db.migrations.state import ProjectState


class WordsOnly(SeparateDatabaseAndState):
    """`state_operations` that change words alone: names, help texts, choices, the sentences of constraints.

    As operations of their own, each has all models rendered anew that are related to its own: for 122 of them, a third of the
    time in which a new database is made. A test holds that none of them changes a column.
    """

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Render no models for it: the next operation that needs them renders all of them together."""
        state.__dict__.pop("apps", None)
        super().state_forwards(app_label, state)
