"""The words orders are found by: written with the order (core/search/index.py), looked up by their beginning."""

from typing import Any

from django.db import models

from integrations.enums import SearchKind
from integrations.models.orders import Order


class BytewiseCharField(models.CharField):
    """Text that is compared byte by byte on every database, so that a plain index answers "begins with"."""

    def db_parameters(self, connection: Any) -> Any:
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters


class SearchWord(models.Model):
    """One word by which one order is found, and what it is of the order."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="search_words", db_index=False)
    kind = models.PositiveSmallIntegerField(choices=SearchKind.choices)
    word = BytewiseCharField(max_length=80)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["order", "kind", "word"], name="search_word_once")]
        indexes = [models.Index(fields=["kind", "word", "-order"], name="search_by_word")]

    def __str__(self) -> str:
        return self.word
