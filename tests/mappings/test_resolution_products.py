"""Which item template a product gets."""

from mappings.resolution import item_template
from mappings.types import MappingTable, ProductQuery, ProductRow, TemplateAnswer
from tests.mappings.rows import OTHER, OWN, product

CARD = ProductQuery(product_id="P-1", part_number="BC14", name="Business card", integration_id="INT-9")


def resolve(*rows: ProductRow, query: ProductQuery = CARD) -> TemplateAnswer:
    return item_template(MappingTable(products=rows), OWN, query)


def test_own_row_wins_over_the_row_of_all_storefronts() -> None:
    assert resolve(product(1, "BC14"), product(2, "BC14", for_=OWN)).item_template == "T2"


def test_own_row_by_name_wins_over_the_row_of_all_storefronts_by_id() -> None:
    assert (
        resolve(product(1, "P-1", "id"), product(2, "Business card", "name", for_=OWN)).item_template == "T2"
    )


def test_row_of_all_storefronts_wins_over_the_integration_id() -> None:
    assert resolve(product(1, "BC14")).item_template == "T1"


def test_row_of_another_storefront_does_not_count() -> None:
    assert resolve(product(1, "BC14", for_=OTHER)).source.kind == "integration_id"


def test_integration_id_applies_without_a_row() -> None:
    assert resolve().item_template == "INT-9"


def test_blanks_around_the_integration_id_are_left_out() -> None:
    assert resolve(query=ProductQuery(integration_id=" INT-9 ")).item_template == "INT-9"


def test_no_row_and_no_integration_id_is_no_template() -> None:
    answer = resolve(query=ProductQuery(part_number="X"))
    assert (answer.item_template, answer.source.kind, answer.source.row_id) == ("", "none", None)


def test_id_wins_over_part_number_and_part_number_over_name() -> None:
    by_name, by_part, by_id = product(1, "Business card", "name"), product(2, "BC14"), product(3, "P-1", "id")
    assert resolve(by_name, by_part, by_id).item_template == "T3"
    assert resolve(by_name, by_part).item_template == "T2"


def test_lowest_id_wins_among_equal_rows() -> None:
    assert resolve(product(5, "bc14"), product(4, "BC14")).item_template == "T4"


def test_case_and_outer_blanks_do_not_matter() -> None:
    assert resolve(product(1, " bc14 ")).item_template == "T1"
    assert resolve(product(1, "p-1", "id")).item_template == "T1"


def test_a_row_matches_only_what_it_names() -> None:
    assert resolve(product(1, "BC14", "name")).source.kind == "integration_id"


def test_an_empty_value_of_the_item_matches_no_row() -> None:
    assert resolve(product(1, "", "name"), query=ProductQuery()).source.kind == "none"


def test_the_answer_names_the_row_and_the_reason() -> None:
    source = resolve(product(12, "BC14")).source
    assert (source.kind, source.row_id) == ("products", 12)
    assert source.reason == 'the product mapping for the part number "BC14" (row 12, all storefronts)'
