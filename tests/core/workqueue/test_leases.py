"""A lease on a row: one worker at a time, by the database's clock, whatever the row is."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import Q
from django.utils import timezone

from integrations.causes import CauseKind
from integrations.core.workqueue import heartbeats
from integrations.core.workqueue.leases import RENEW_AFTER, Lease, acquire, must_change
from integrations.errors import LeaseLost, StateChanged
from integrations.models import WorkLease

pytestmark = pytest.mark.django_db

LENGTH = timedelta(seconds=150)
TAKEN_OVER = "Another worker has taken this work over."


@pytest.fixture
def row() -> WorkLease:
    """The work that is leased; other work stands beside it."""
    WorkLease.objects.create(name="other work")
    return WorkLease.objects.create(name="the work")


def again(row: WorkLease) -> WorkLease:
    return WorkLease.objects.get(pk=row.pk)


def other() -> WorkLease:
    return WorkLease.objects.get(name="other work")


def leased(row: WorkLease, length: timedelta = LENGTH) -> Lease[WorkLease]:
    lease = acquire(WorkLease.objects.all(), row.pk, length)
    assert lease is not None
    return lease


def end(lease: Lease[WorkLease]) -> None:
    WorkLease.objects.filter(pk=lease.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def use(lease: Lease[WorkLease], seconds: float) -> None:
    """As long ago it was acquired, both by this machine's clock and by the database's."""
    lease.until -= timedelta(seconds=seconds)
    WorkLease.objects.filter(pk=lease.pk).update(lease_until=lease.until)


def is_renewed(lease: Lease[WorkLease]) -> bool:
    before = WorkLease.objects.get(pk=lease.pk).lease_until
    lease.renew()
    return WorkLease.objects.get(pk=lease.pk).lease_until != before


class TestAcquire:
    def test_it_holds_for_its_length(self, row: WorkLease) -> None:
        lease = leased(row)
        until = again(row).lease_until
        assert until is not None
        assert abs(until - timezone.now() - LENGTH) < timedelta(seconds=5)
        assert (again(row).lease_token, lease.length) == (lease.token, LENGTH)

    def test_a_row_that_is_leased_is_not_leased_again(self, row: WorkLease) -> None:
        leased(row)
        assert acquire(WorkLease.objects.all(), row.pk, LENGTH) is None

    def test_a_lease_that_is_over_may_be_taken_over(self, row: WorkLease) -> None:
        end(leased(row))
        assert leased(row).token == again(row).lease_token

    def test_only_that_row_is_leased(self, row: WorkLease) -> None:
        leased(row)
        assert other().lease_token is None

    def test_a_row_that_is_none_of_those_asked_for_is_not_leased(self, row: WorkLease) -> None:
        assert acquire(WorkLease.objects.filter(problem="x"), row.pk, LENGTH) is None
        assert again(row).lease_token is None

    def test_what_else_changes_is_stored_with_it(self, row: WorkLease) -> None:
        acquire(WorkLease.objects.all(), row.pk, LENGTH, summary="Begun.")
        assert again(row).summary == "Begun."


class TestRenew:
    def test_short_work_costs_no_statement(self, row: WorkLease) -> None:
        lease = leased(row)
        use(lease, RENEW_AFTER.total_seconds() - 2)
        assert not is_renewed(lease)

    def test_a_lease_that_was_used_for_a_while_is_prolonged_by_its_length(self, row: WorkLease) -> None:
        lease = leased(row)
        use(lease, RENEW_AFTER.total_seconds() + 1)
        assert is_renewed(lease)
        assert abs(lease.until - timezone.now() - LENGTH) < timedelta(seconds=5)

    def test_a_short_lease_is_prolonged_after_a_third_of_it(self, row: WorkLease) -> None:
        lease = leased(row, timedelta(seconds=30))
        use(lease, 9)
        assert not is_renewed(lease)
        use(lease, 2)
        assert is_renewed(lease)

    def test_a_clock_that_was_set_back_prolongs_it(self, row: WorkLease) -> None:
        lease = leased(row)
        use(lease, -10)
        assert is_renewed(lease)

    def test_what_else_is_stored_is_stored_in_any_case(self, row: WorkLease) -> None:
        leased(row).renew(summary="Half of it is done.")
        assert again(row).summary == "Half of it is done."

    def test_a_lease_that_another_worker_has_is_lost(self, row: WorkLease) -> None:
        lease = leased(row)
        end(lease)
        leased(row)
        with pytest.raises(LeaseLost, match=TAKEN_OVER):
            lease.renew(force=True)

    @pytest.mark.parametrize(
        ("renew", "noted"),
        [
            (lambda lease: lease.renew(), True),
            (lambda lease: lease.renew(force=True), False),
            (lambda lease: lease.renew(summary="x"), False),
            (lambda lease: lease.renew(force=True, summary="x"), False),
        ],
    )
    def test_only_work_that_goes_on_is_a_sign_of_life(
        self,
        row: WorkLease,
        monkeypatch: pytest.MonkeyPatch,
        renew: Callable[[Lease[WorkLease]], None],
        noted: bool,
    ) -> None:
        signs: list[bool] = []
        monkeypatch.setattr(heartbeats, "note_work", lambda: signs.append(True))
        lease = leased(row)
        use(lease, 60)
        renew(lease)
        assert bool(signs) == noted


class TestHolding:
    def test_it_gives_the_time_of_the_database(self, row: WorkLease) -> None:
        with leased(row).holding() as now:
            assert abs(now - timezone.now()) < timedelta(seconds=5)

    def test_a_lease_that_is_over_does_not_hold(self, row: WorkLease) -> None:
        lease = leased(row)
        end(lease)
        with pytest.raises(LeaseLost, match=TAKEN_OVER), lease.holding():
            pytest.fail("It was held.")

    def test_a_lease_that_is_over_will_do_while_no_other_worker_has_the_row(self, row: WorkLease) -> None:
        lease = leased(row)
        end(lease)
        with lease.holding(or_over=True):
            pass
        leased(row)
        with pytest.raises(LeaseLost), lease.holding(or_over=True):
            pytest.fail("It was held.")

    def test_a_state_that_is_not_the_one_read_does_not_hold(self, row: WorkLease) -> None:
        lease = leased(row)
        with lease.holding(summary=""):
            pass
        with pytest.raises(LeaseLost), lease.holding(summary="x"):
            pytest.fail("It was held.")


class TestUpdate:
    def test_a_lease_that_is_over_changes_nothing(self, row: WorkLease) -> None:
        lease = leased(row)
        end(lease)
        with pytest.raises(LeaseLost, match=TAKEN_OVER):
            lease.update(summary="x")
        assert again(row).summary == ""

    def test_a_lease_of_the_same_token_on_another_row_is_not_touched(self, row: WorkLease) -> None:
        lease = leased(row)
        WorkLease.objects.filter(pk=other().pk).update(
            lease_token=lease.token, lease_until=again(row).lease_until
        )
        lease.update(summary="x")
        assert (again(row).summary, other().summary) == ("x", "")


class TestRelease:
    def test_the_row_is_free_with_its_changes_stored(self, row: WorkLease) -> None:
        assert leased(row).release(summary="Done.") is True
        assert (again(row).lease_token, again(row).lease_until, again(row).summary) == (None, None, "Done.")

    def test_a_lease_that_is_over_is_released_too(self, row: WorkLease) -> None:
        lease = leased(row)
        end(lease)
        assert lease.release(summary="Done.") is True
        assert again(row).summary == "Done."

    def test_what_another_worker_has_is_left_as_it_is(self, row: WorkLease) -> None:
        lease = leased(row)
        WorkLease.objects.filter(pk=row.pk).update(lease_token=uuid.uuid4())
        assert lease.release(summary="Done.") is False
        assert again(row).summary == ""

    def test_a_row_that_does_not_meet_the_conditions_is_left_as_it_is(self, row: WorkLease) -> None:
        lease = leased(row)
        assert lease.release(Q(summary="x")) is False
        assert again(row).lease_token == lease.token


def test_a_conditional_change_that_found_no_row_is_a_changed_state_and_not_a_lost_lease() -> None:
    must_change(1)
    with pytest.raises(StateChanged, match="The records changed while this was being processed") as raised:
        must_change(0)
    assert raised.value.cause == CauseKind.STATE_CHANGED.of()
