"""What one try leaves in its timeline, whatever becomes of the transaction that stores it."""

from __future__ import annotations

import pytest
from django.db import transaction

from integrations.core.audit.recorder import TryRecorder
from integrations.models import AuditEntry, Order

pytestmark = pytest.mark.django_db


def told() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("type", flat=True))


def undone(recorder: TryRecorder) -> None:
    with pytest.raises(ZeroDivisionError), recorder.waiting_on(), transaction.atomic():
        recorder.flush()
        raise ZeroDivisionError


def test_what_waits_is_stored_by_the_last_flush_in_the_order_in_which_it_was_told(order: Order) -> None:
    recorder = TryRecorder(order.pk, "c1", batched=True)
    recorder.record("order.created")
    recorder.record("order.denied")
    assert told() == []
    recorder.flush()
    assert told() == ["order.created", "order.denied"]


def test_what_was_stored_in_a_transaction_that_is_undone_waits_on(order: Order) -> None:
    recorder = TryRecorder(order.pk, "c1", batched=True)
    recorder.record("order.created")
    undone(recorder)
    assert told() == []
    recorder.record("order.denied")
    recorder.flush()
    assert told() == ["order.created", "order.denied"]


def test_what_was_stored_for_good_is_not_stored_again(order: Order) -> None:
    recorder = TryRecorder(order.pk, "c1", batched=True)
    recorder.record("order.created")
    recorder.flush()
    undone(recorder)
    recorder.flush()
    assert told() == ["order.created"]
