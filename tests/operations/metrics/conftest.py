"""A scrape of this process, as Prometheus would read it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from integrations.operations.metrics import snapshot

TOKEN = "a-token-for-prometheus"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@dataclass(frozen=True)
class Scrape:
    """The samples of one answer by name and labels."""

    samples: dict[tuple[str, frozenset[tuple[str, str]]], float]

    @classmethod
    def of(cls, text: str) -> "Scrape":
        found = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found[sample.name, frozenset(sample.labels.items())] = sample.value
        return cls(found)

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self.samples}

    def value(self, name: str, /, **labels: str) -> float:
        return self.samples[f"automationhub_{name}", frozenset(labels.items())]

    def total(self, name: str) -> float:
        """The sum over all labels."""
        return sum(value for (found, _), value in self.samples.items() if found == f"automationhub_{name}")


@pytest.fixture
def scrape(db: None, settings: Any, client: Client) -> Callable[[], Scrape]:
    """Asks `/metrics` now, whatever was kept."""
    settings.METRICS_TOKEN = TOKEN

    def ask() -> Scrape:
        snapshot.CACHED.forget()
        answer = client.get("/metrics", headers=BEARER)
        assert answer.status_code == 200, answer.content
        return Scrape.of(answer.content.decode())

    return ask
