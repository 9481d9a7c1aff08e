"""Finding orders among millions: keeping their words, and looking them up by index alone.

Nothing here costs more because there are more orders: each look-up reads at most `MOST` rows of an index for each kind of
word. A search that matches more says so, instead of reading on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from automationhub.lib.new_rows import NewRows
from integrations.core.search.keywords import SearchFacts, as_word, search_words, terms
from integrations.enums import SearchKind
from integrations.models import Order, OrderItem, PaceJob, PaceShipment, SearchWord

NUMBERS = (SearchKind.NUMBER, SearchKind.JOB, SearchKind.PO, SearchKind.TRACKING)
_WORDS = NewRows(SearchWord, "order_id", "kind", "word", unless_known=True)
# How many orders a search looks at.
MOST = 1_000
BATCH = 500
# Greater than every text that goes on after it.
_LAST = "\U0010ffff"
# Numbers with more digits than this are no order numbers, and too large for the column.
MAX_DIGITS = 18


# --- keeping them ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SearchTables:
    """Where the words come from and go to; migrations pass the tables as they were."""

    order: Any = Order
    item: Any = OrderItem
    job: Any = PaceJob
    shipment: Any = PaceShipment
    word: Any = SearchWord


def index_orders(ids: Collection[int], *, tables: SearchTables | None = None) -> None:
    """Bring the words of these orders in line with what is stored of them: five queries, and what changed."""
    tables = tables or SearchTables()
    wanted = {
        (pk, kind, word) for pk, facts in _facts(ids, tables).items() for kind, word in search_words(facts)
    }
    kept = {row[1:]: row[0] for row in _rows(tables.word, "order_id", ids, "pk", "order_id", "kind", "word")}
    if gone := [pk for key, pk in kept.items() if key not in wanted]:
        tables.word.objects.filter(pk__in=gone).delete()
    new = [tables.word(order_id=pk, kind=kind, word=word) for pk, kind, word in wanted - kept.keys()]
    tables.word.objects.bulk_create(new, batch_size=2_000, ignore_conflicts=True)


def index_new(order_id: int, facts: SearchFacts) -> None:
    """Have an order found that was read for the first time, by what was read: one query."""
    _WORDS.insert([(order_id, kind.value, word) for kind, word in search_words(facts)])


def add_jobs(order_id: int, numbers: Iterable[str]) -> None:
    """Have an order found by the numbers of its jobs: one query, for when nothing else of it has changed."""
    words = {as_word(number, SearchKind.JOB) for number in numbers} - {""}
    _WORDS.insert([(order_id, SearchKind.JOB.value, word) for word in words])


def index_all(*, tables: SearchTables | None = None) -> Iterable[int]:
    """Do it for all orders, newest first, in batches; gives after each how many were looked at."""
    tables = tables or SearchTables()
    last, done = None, 0
    while True:
        older = tables.order.objects.order_by("-pk")
        older = older if last is None else older.filter(pk__lt=last)
        if not (ids := list(older.values_list("pk", flat=True)[:BATCH])):
            return
        index_orders(ids, tables=tables)
        last, done = ids[-1], done + len(ids)
        yield done


def _facts(ids: Collection[int], tables: SearchTables) -> dict[int, SearchFacts]:
    jobs = _texts(_rows(tables.job, "order_id", ids, "order_id", "number"))
    products = _texts(
        (order, text)
        for order, product, item in _rows(
            tables.item, "order_id", ids, "order_id", "product_name", "item_name"
        )
        for text in (product, item)
    )
    tracking = _texts(
        (order, str(number))
        for order, numbers in _rows(tables.shipment, "job__order_id", ids, "job__order_id", "numbers")
        for number in numbers or ()
    )
    orders = _rows(tables.order, "pk", ids, "pk", "number", "customer_name", "buyer_email", "po_number")
    return {
        pk: SearchFacts(number, customer, email, po, jobs[pk], products[pk], tracking[pk])
        for pk, number, customer, email, po in orders
    }


def _rows(table: Any, column: str, ids: Collection[int], *columns: str) -> Sequence[tuple[Any, ...]]:
    return list(table.objects.filter(**{f"{column}__in": ids}).order_by().values_list(*columns))


def _texts(rows: Iterable[tuple[Any, ...]]) -> defaultdict[int, tuple[str, ...]]:
    found: defaultdict[int, dict[str, None]] = defaultdict(dict)
    for order, text in rows:
        if text:
            found[order][text] = None
    return defaultdict(tuple, {order: tuple(texts) for order, texts in found.items()})


# --- finding them ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hit:
    """An order that was found, the kind of word that matched, and that word."""

    order_id: int
    kind: SearchKind
    word: str
    is_whole: bool


@dataclass(frozen=True)
class Found:
    """What a search came to. `is_all` False: more orders may match than were looked at."""

    hits: tuple[Hit, ...]
    is_all: bool

    @property
    def order_ids(self) -> list[int]:
        """Each once. When orders, jobs or the like have just this number, only those: others merely begin with it."""
        whole = [hit for hit in self.hits if hit.is_whole and hit.kind in NUMBERS]
        return list(dict.fromkeys(hit.order_id for hit in whole or self.hits))


def find_orders(text: str, *, most: int = MOST) -> Found:
    """The orders of which each typed word begins a word, and those that hold all of it as one phrase; those found by
    their whole number first, then the newest. At most four queries, of which none depends on how many orders there are.
    """
    typed = terms(text)
    if not typed:
        return Found((), True)
    lookups = {term: _lookup(term, most) for term in dict.fromkeys((" ".join(typed), *typed))}
    phrase = lookups[" ".join(typed)]
    if len(typed) == 1:
        return _sorted(phrase, _is_all(phrase, most))
    rarest = min(typed, key=lambda term: len(lookups[term]))
    driver = lookups[rarest]
    matching = set(_which_match({hit.order_id for hit in driver}, [term for term in typed if term != rarest]))
    both = (*phrase, *(hit for hit in driver if hit.order_id in matching))
    return _sorted(both, _is_all(phrase, most) and _is_all(driver, most))


def _is_all(hits: Sequence[Hit], most: int) -> bool:
    of_kind: defaultdict[SearchKind, int] = defaultdict(int)
    for hit in hits:
        of_kind[hit.kind] += 1
    return max(of_kind.values(), default=0) < most


def _sorted(hits: Sequence[Hit], is_all: bool) -> Found:
    once = {(hit.order_id, hit.kind): hit for hit in reversed(hits)}
    ordered = sorted(
        once.values(), key=lambda hit: (not (hit.is_whole and hit.kind in NUMBERS), -hit.order_id, hit.kind)
    )
    return Found(tuple(ordered), is_all)


def _lookup(term: str, most: int) -> tuple[Hit, ...]:
    """The orders with a word that begins with this one, `most` of each kind at the most: one query."""
    parts = [_slice(kind, as_word(term, kind), most) for kind in SearchKind]
    # SQLite knows no limits inside a union, but for those of sub-selects.
    compiled = [part.query.sql_with_params() for part in parts]
    sql = " UNION ALL ".join(f"SELECT * FROM ({part}) part" for part, _ in compiled)  # noqa: S608 - of our own making
    with connection.cursor() as cursor:
        cursor.execute(sql, [value for _, values in compiled for value in values])
        rows = cursor.fetchall()
    hits = [
        Hit(order, SearchKind(kind), word, word == as_word(term, SearchKind(kind)))
        for kind, word, order in rows
    ]
    return (*_by_number(term), *hits)


def _slice(kind: SearchKind, word: str, most: int) -> QuerySet[Any]:
    begins = SearchWord.objects.filter(kind=kind, word__gte=word, word__lt=word + _LAST)
    return begins.order_by("word", "-order_id").values_list("kind", "word", "order_id")[:most]


def _by_number(term: str) -> tuple[Hit, ...]:
    """An order that has just come in has no words yet, but its number."""
    if not (term.isascii() and term.isdigit() and len(term) <= MAX_DIGITS):
        return ()
    ids = Order.objects.filter(number=int(term)).order_by("-pk").values_list("pk", flat=True)[:10]
    return tuple(Hit(pk, SearchKind.NUMBER, term, True) for pk in ids)


def _which_match(order_ids: Collection[int], others: Sequence[str]) -> list[int]:
    """Those of these orders of which every other term begins a word."""
    words = SearchWord.objects.filter(order_id__in=order_ids)
    wanted = [{kind: as_word(term, kind) for kind in SearchKind} for term in others]
    left: defaultdict[int, set[int]] = defaultdict(lambda: set(range(len(others))))
    any_of = Q()
    for word_of in wanted:
        for kind, word in word_of.items():
            any_of |= Q(kind=kind, word__gte=word, word__lt=word + _LAST)
    for order, of_kind, kept in words.filter(any_of).values_list("order_id", "kind", "word"):
        begun = {
            place for place, word_of in enumerate(wanted) if kept.startswith(word_of[SearchKind(of_kind)])
        }
        left[order] -= begun
    return [order for order, missing in left.items() if not missing]
