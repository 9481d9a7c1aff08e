"""Every field of a JobPart and its files (docs/mapping.md §4, §9 and §13) as they arrived at the sandbox Pace."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.e2e.sent import Sent, SentPart, in_parts

pytestmark = [pytest.mark.e2e, pytest.mark.django_db]

CUT = "10234 - Demo University Shop for Printed Matter of Every Faculty"


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("single", [["01"]]),
        ("mixed", [["01", "02", "03"]]),
        ("approval", [["01", "02"]]),  # items 1 and 3, as item 2 was denied
        ("kit", [["01", "02", "03"]]),  # two components and the poster: no kit, no component of quantity 0
        ("split", [["01"], ["01"], ["01"], ["01"]]),
        ("overrides", [["01"]]),
    ],
)
def test_a_job_has_one_part_per_item_that_is_sent(
    sent: Callable[[str], Sent], name: str, numbers: list[list[str]]
) -> None:
    assert [[part.fields["jobPart"] for part in job.parts] for job in sent(name).jobs] == numbers


@in_parts(
    {
        "single:01": 12,
        "mixed:01": 500,  # 2 x 250
        "mixed:02": 1000,
        "mixed:03": 3,
        "approval:02": 400,  # 4 x 100, as the approver changed it
        "kit:01": 40,
        "kit:02": 80,
        "split#1:01": 250,  # each job of an item has all its pieces
        "split#3:01": 250,
        "overrides:01": 310,  # TotalQuantity, not 3 x 100
    }
)
def test_quantity_is_the_item_s_pieces(part: SentPart, expected: int) -> None:
    assert part.fields["qtyOrdered"] == expected


@in_parts(
    {
        "single:01": "10234 - Example CU Store",
        "mixed:03": "10234 - Example CU Store",
        "approval:01": "10234 - Sample Health Portal",
        "split#2:01": "10234 - Example CU Store",
        "overrides:01": CUT,
    }
)
def test_description_is_order_number_and_storefront_at_most_64_characters(
    part: SentPart, expected: str
) -> None:
    assert part.fields["description"] == expected
    assert len(expected) <= 64


@in_parts(
    {
        "single:01": ("62.75", "8.75"),  # 54.00 + 8.75
        "mixed:01": ("108.90", "12.40"),  # 96.50 + its own 12.40
        "mixed:02": ("80.44", "5.19"),  # 75.25 + 5.19 of the 17.60 that no item carries, by price
        "mixed:03": ("192.41", "12.41"),  # 180.00 + 12.41
        "approval:01": ("66.00", "6.00"),
        "approval:02": ("107.00", "7.01"),
        "kit:01": ("206.66", "13.33"),  # 60.00 + 133.33 of the kit's 200.00 + 13.33 of its 20.00 freight
        "kit:02": ("103.34", "6.67"),  # 30.00 + 66.67 + 6.67
        "kit:03": ("54.00", "4.00"),
        "split#1:01": ("36.68", "3.34"),  # a third of 100.00 and of 10.01
        "split#2:01": ("36.67", "3.34"),
        "split#3:01": ("36.66", "3.33"),
        "split#4:01": ("35.33", "2.00"),
        "overrides:01": ("85.00", "10.00"),
        "server:01": ("202.00", "22.00"),
    }
)
def test_prices_hold_the_freight_share_which_stands_in_freight_too(
    part: SentPart, expected: tuple[str, str]
) -> None:
    price, freight = (Decimal(amount) for amount in expected)
    assert part.fields["originalQuotedPrice"] == price
    assert part.fields["quotedPrice"] == price
    assert part.fields["freightAmt"] == freight


@in_parts(
    {
        "single:01": "Paper: 14pt Uncoated\nSides: 2",
        "mixed:01": "UOMQty: 250\nPaper: 16pt\nCorners: round",
        "mixed:02": None,
        "approval:02": "UOMQty: 100",
        "kit:02": "Ink: 4/4",
        "split#3:01": "UOMQty: 250\nPaper: 16pt",
        "server:01": "Hem: yes",
    }
)
def test_additional_description_is_every_pricing_parameter_of_the_item(
    part: SentPart, expected: str | None
) -> None:
    assert part.fields["additionalDescription"] == expected


@in_parts(
    {
        "single:01": "POSTER-A2",  # row of all storefronts, by name
        "mixed:01": "BC-4/4-14PT",  # no row: the product's Integration Id
        "mixed:02": None,  # neither
        "mixed:03": "BANNER-13OZ",
        "approval:02": "BRO-A4-TRI",
        "kit:01": "STOCK-ITEM",  # the component's, not the kit's
        "kit:02": None,
        "kit:03": "POSTER-A2",
        "split#1:01": "BC-4/4-14PT",
        "overrides:01": "STOCK-ITEM",  # row of the storefront, before the row of all and the Integration Id
    }
)
def test_item_template_is_that_of_the_item_s_product(part: SentPart, expected: str | None) -> None:
    # Part 01 has it from the job that it is made with; set by an update it would make no lines.
    assert part.body.get("itemTemplate") == (None if part.fields["jobPart"] == "01" else expected)
    assert part.fields["itemTemplate"] == expected


# --- files ----------------------------------------------------------------------------------------------------------

FILES = "https://files.example.com/10234"


@in_parts(
    {
        "single:01": ("lobby poster.pdf", "https://files.example.com/a/1?sig=x%20y", "pdf", "120345"),
        "mixed:01": ("card.pdf", f"{FILES}/1/card.pdf", "pdf", "1000"),
        "mixed:02": (None, None, None, None),  # no file
        "mixed:03": ("banner", f"{FILES}/3/banner", None, None),  # no extension, size not known
        "approval:01": ("ward 3.pdf", f"{FILES}/1/ward%203.pdf", "pdf", None),
        "kit:02": ("insert.indd", f"{FILES}/3/insert.indd", "indd", "5"),
        "split#1:01": ("Avery card.pdf", f"{FILES}/1/front.pdf", "pdf", "10"),
        "split#2:01": ("Avery card.ai", f"{FILES}/1/back%20side.ai", "ai", "20"),
        "split#3:01": ("Avery card", f"{FILES}/1/notes", None, None),
        "numbered#2:01": ("back side.ai", f"{FILES}/1/back%20side.ai", "ai", "20"),
        "overrides:01": ("open.day.v2.pdf", f"{FILES}/1/open.day.v2.pdf", "pdf", None),
    }
)
def test_the_first_file_s_name_link_type_and_size_stand_on_the_part(
    part: SentPart, expected: tuple[str | None, ...]
) -> None:
    names = ("paceConnectFileName", "paceConnectURL", "paceConnectFileType", "paceConnectFileSize")
    assert tuple(part.fields[name] for name in names) == expected


@in_parts(
    {
        "single:01": [("lobby poster.pdf", "https://files.example.com/a/1?sig=x%20y", "EXCU")],
        "mixed:01": [
            ("card.pdf", f"{FILES}/1/card.pdf", "EXCU"),
            ("proof 2.TIFF", f"{FILES}/1/proof%202.TIFF", "EXCU"),
        ],
        "mixed:02": [],
        "approval:01": [("ward 3.pdf", f"{FILES}/1/ward%203.pdf", "SAMPLEH")],
        "kit:01": [("kit-cover.pdf", f"{FILES}/1/kit-cover.pdf", "LAKESIDE")],  # the kit is no part itself
        "split#1:01": [("Avery card.pdf", f"{FILES}/1/front.pdf", "EXCU")],
        "split#2:01": [("Avery card.ai", f"{FILES}/1/back%20side.ai", "EXCU")],
        "split#4:01": [],
        "numbered#1:01": [("front.pdf", f"{FILES}/1/front.pdf", "EXCU")],
        "overrides:01": [("open.day.v2.pdf", f"{FILES}/1/open.day.v2.pdf", "NWBREW")],
    }
)  # fmt: skip
def test_every_file_is_a_content_file_linked_to_its_part(
    part: SentPart, expected: list[tuple[str, str, str]]
) -> None:
    assert [(file["fileName"], file["fileUrl"], file["customer"]) for file in part.files] == expected
    for link in part.links:
        assert (link["job"], link["jobPart"]) == (part.fields["job"], part.fields["jobPart"])
        assert link["jobPartKey"] == f"{part.fields['job']}:{part.fields['jobPart']}"


# --- nothing else ---------------------------------------------------------------------------------------------------

ALWAYS = {
    "qtyOrdered", "description", "originalQuotedPrice", "quotedPrice", "freightAmt", "webOrderLine",
    "originalQuotedPriceForced", "quotedPriceForced",
}  # fmt: skip
FILE = {"paceConnectFileName", "paceConnectURL"}


@in_parts(
    {
        "single:01": {
            "primaryKey", "additionalDescription", *FILE, "paceConnectFileType", "paceConnectFileSize"
        },
        "mixed:02": {"job"},
        "mixed:03": {"job", "itemTemplate", *FILE},
        "approval:02": {"job", "additionalDescription", "itemTemplate"},
        "split#4:01": {"primaryKey"},
    }
)  # fmt: skip
def test_no_other_field_of_a_part_is_written(part: SentPart, expected: set[str]) -> None:
    assert set(part.body) == ALWAYS | expected


@pytest.mark.parametrize("name", ["single", "mixed", "approval", "kit", "split", "overrides"])
def test_no_other_field_of_a_file_is_written(sent: Callable[[str], Sent], name: str) -> None:
    for body in sent(name).bodies["create ContentFile"]:
        assert set(body) - {"fileSize"} == {"fileName", "fileUrl", "customer"}
    for body in sent(name).bodies["create JobPartContentFile"]:
        assert set(body) == {"job", "jobPart", "jobPartKey", "contentFile"}
