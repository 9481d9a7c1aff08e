"""Pages of long lists: rows are counted up to a limit only, because counting millions takes seconds."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.utils.functional import cached_property

# Nobody turns this many pages; filters and the search lead to older rows.
MOST_COUNTED = 10_000


class CappedPaginator(Paginator):
    """Counts up to `MOST_COUNTED` rows; with more, only those can be paged through and the page says "10,000+"."""

    template_name = "hub/pagination.html"

    @cached_property
    def _counted(self) -> int:
        rows = self.object_list
        if not hasattr(rows, "order_by"):
            return len(rows)
        return int(rows.order_by()[: MOST_COUNTED + 1].count())

    @cached_property
    def count(self) -> int:
        return min(self._counted, MOST_COUNTED)

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than were counted."""
        return self._counted > MOST_COUNTED
