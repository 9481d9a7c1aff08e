"""The fault matrix is worth what its judge sees: whatever is doubled, lost, missing or changed in Pace is noticed."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from integrations.simulation.chaos.storefront_fixture import FIRST_SHOPPER, draft
from integrations.simulation.chaos.verify import (
    CaseVerdict,
    Object,
    PaceContents,
    counts,
    differences,
    verify_counts,
    verify_order,
)
from tests.conftest import Hub

pytestmark = pytest.mark.e2e
TODAY = date(2026, 3, 2)


@pytest.fixture
def made(hub: Hub) -> tuple[Hub, int, Object]:
    """A hub with one order that is in Pace as it should be, and what it became."""
    hub.storefront(FIRST_SHOPPER.shop, one_job_per_item=False, override_job_name=False, skip_holidays=False)
    order = hub.process(draft(FIRST_SHOPPER, TODAY))
    contents = PaceContents(hub.pace)
    [job] = contents.jobs_of(order.number)
    return hub, order.number, contents.tree(job)


def verdict_of(made: tuple[Hub, int, Object]) -> CaseVerdict:
    hub, number, expected = made
    return verify_order(number, FIRST_SHOPPER.email, [expected], PaceContents(hub.pace), hub.pressero)


def remove_one(hub: Hub, kind: str) -> None:
    with hub.pace.store.lock:
        key, _ = next(iter(hub.pace.store.committed.records(kind)))
        gone = hub.pace.store.begin()
        gone.delete(kind, key)
        hub.pace.store.commit(gone)


def test_an_order_as_it_should_be_has_nothing_wrong_with_it(made: tuple[Hub, int, Object]) -> None:
    assert verdict_of(made).exactly_one


def test_the_order_has_three_parts_two_destinations_and_four_files(made: tuple[Hub, int, Object]) -> None:
    _, _, tree = made
    assert [len(part["files"]) for part in tree["parts"]].count(1) == 2
    assert len(tree["parts"]) == 3
    assert [len(shipment["cartons"][0]["contents"]) for shipment in tree["shipments"]] in ([1, 2], [2, 1])
    assert tree["links"] is True


def test_the_same_order_again_is_the_same_but_for_its_number(made: tuple[Hub, int, Object]) -> None:
    hub, _, expected = made
    order = hub.process(draft(FIRST_SHOPPER, TODAY))
    contents = PaceContents(hub.pace)
    [job] = contents.jobs_of(order.number)
    assert differences(expected, contents.tree(job)) == []


def test_an_order_without_a_job_is_lost(made: tuple[Hub, int, Object]) -> None:
    hub, _, expected = made
    number = hub.pressero.place(draft(FIRST_SHOPPER, TODAY), notify=False)
    assert verify_order(number, FIRST_SHOPPER.email, [expected], PaceContents(hub.pace), hub.pressero).lost


def test_a_second_job_is_a_duplicate(made: tuple[Hub, int, Object]) -> None:
    hub, number, _ = made
    hub.pace.put("Job", customer="DEMOUNI", description=f"{number} - Demo University Shop")
    assert verdict_of(made).duplicates


def test_a_second_contact_of_the_buyer_is_a_duplicate(made: tuple[Hub, int, Object]) -> None:
    made[0].pace.put("Contact", email=FIRST_SHOPPER.email, customer="DEMOUNI")
    assert verdict_of(made).duplicates


@pytest.mark.parametrize(
    "kind",
    ["JobPart", "JobContact", "JobShipment", "Carton", "CartonContent", "ContentFile", "JobPartContentFile", "Customer"],
)  # fmt: skip
def test_a_missing_piece_is_partial(made: tuple[Hub, int, Object], kind: str) -> None:
    hub, _, _ = made
    if kind == "Customer":
        with hub.pace.store.lock:
            gone = hub.pace.store.begin()
            gone.delete("Customer", "DEMOUNI")
            hub.pace.store.commit(gone)
    else:
        remove_one(hub, kind)
    assert verdict_of(made).partial


def wrong_price(hub: Hub, job: str) -> None:
    hub.pace.put("JobPart", job=job, jobPart="02", quotedPrice=Decimal("1.00"))


def wrong_quantity(hub: Hub, job: str) -> None:
    hub.pace.put("CartonContent", id=hub.pace.objects("CartonContent")[0]["id"], quantity=1)


def unlinked_contact(hub: Hub, job: str) -> None:
    hub.pace.put("Job", job=job, shipToJobContact=1)


@pytest.mark.parametrize("change", [wrong_price, wrong_quantity, unlinked_contact])
def test_a_changed_value_is_partial(
    made: tuple[Hub, int, Object], change: Callable[[Hub, str], None]
) -> None:
    hub, number, _ = made
    change(hub, str(PaceContents(hub.pace).jobs_of(number)[0]["job"]))
    assert verdict_of(made).partial


def test_a_job_number_that_pressero_was_not_told_is_partial(made: tuple[Hub, int, Object]) -> None:
    hub, number, _ = made
    with hub.pressero.store.lock:
        hub.pressero.store.item(number, 2)[1].mis_id = None
    assert verdict_of(made).partial


def test_pieces_that_belong_to_no_job_are_counted(made: tuple[Hub, int, Object]) -> None:
    hub, _, _ = made
    before = counts(PaceContents(hub.pace))
    hub.pace.put("ContentFile", fileName="left over.pdf")
    assert verify_counts(before, PaceContents(hub.pace)).duplicates == ["1 ContentFile too many"]
    remove_one(hub, "Carton")
    assert verify_counts(before, PaceContents(hub.pace)).partial == ["1 Carton too few"]


def test_contacts_that_pace_makes_of_the_addresses_of_shipments_are_not_counted(
    made: tuple[Hub, int, Object],
) -> None:
    hub, _, _ = made
    of_shipments = {shipment["contactNumber"] for shipment in hub.pace.objects("JobShipment")}
    assert of_shipments
    wanted = len(hub.pace.objects("Contact")) - len(of_shipments)
    assert counts(PaceContents(hub.pace))["Contact"] == wanted
