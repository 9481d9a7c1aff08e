"""Mapping rules 10: files that come later, and to which part of which job each goes."""

import pytest

from integrations.clients.schemas import OrderFile, PresseroOrder
from integrations.planning.file_placement import LateFile, MadePart, files_of_parts
from integrations.planning.lineage import pace
from integrations.planning.links import file_key
from integrations.planning.plan_types import StorefrontParameters
from tests.planning.builders import file, item, order, plan, storefront, values

customer = pace("HOUSE", "the customer of the job")
split = storefront(one_job_per_item=True)


def files_of(of: PresseroOrder, *made: MadePart, store: StorefrontParameters | None = None) -> list[LateFile]:
    return files_of_parts(of, store or storefront(), made, customer)


def places(found: list[LateFile]) -> list[tuple[str, str, int, int]]:
    """Unit and part that each file goes to, and which file of which item it is."""
    return [(late.part.unit, late.part.number, late.file.item, late.file.number) for late in found]


whole = (MadePart("order", "01", 1), MadePart("order", "02", 2))


class TestOneJobForTheOrder:
    def test_every_file_goes_to_the_part_of_its_item(self) -> None:
        of = order(item(1, files=("a.pdf",)), item(2, files=("b.pdf", "c.pdf")))
        assert places(files_of(of, *whole)) == [
            ("order", "01", 1, 1),
            ("order", "02", 2, 1),
            ("order", "02", 2, 2),
        ]

    def test_a_file_without_a_link_waits(self) -> None:
        of = order(item(1, files=(OrderFile("a.pdf", ""), file("b.pdf"))))
        assert places(files_of(of, whole[0])) == [("order", "01", 1, 2)]

    def test_a_file_with_an_unsafe_link_says_why_pace_is_not_told(self) -> None:
        of = order(item(1, files=(file("a.pdf", "https://10.0.0.1/a.pdf"), file("b.pdf"))))
        unsafe, safe = files_of(of, whole[0])
        assert unsafe.problem.startswith("item 1: ")
        assert "a.pdf" in unsafe.problem and "leads into an internal network (10.0.0.1)" in unsafe.problem
        assert safe.problem == ""
        allowed = storefront(internal_file_hosts=("10.0.0.1",))
        assert [late.problem for late in files_of(of, whole[0], store=allowed)] == ["", ""]

    def test_an_item_that_was_not_sent_has_no_part_to_add_to(self) -> None:
        assert files_of(order(item(1), item(2, files=("b.pdf",))), whole[0]) == []

    def test_an_item_that_pressero_no_longer_shows_adds_nothing(self) -> None:
        assert files_of(order(item(1)), *whole) == []

    def test_name_link_and_customer_are_those_of_any_file(self) -> None:
        of = order(item(1, files=("art.v2.PDF",)))
        [late] = files_of(of, whole[0], store=storefront(override_file_name=True))
        assert values(late.file.fields) == {
            "fileName": "Name 1.PDF",
            "fileUrl": "https://files.example.com/art.v2.PDF",
            "customer": "HOUSE",
            "fileSize": 1000,
        }
        assert values(late.part_fields)["paceConnectFileName"] == "Name 1.PDF"


class TestOneJobPerFile:
    jobs = (MadePart("1-1", "01", 1), MadePart("1-2", "01", 1), MadePart("2-1", "01", 2))

    def test_a_file_goes_to_the_job_of_its_number_and_any_further_one_to_the_items_last(self) -> None:
        of = order(item(1, files=("a.pdf", "b.pdf", "c.pdf", "d.pdf")), item(2, files=("e.pdf", "f.pdf")))
        assert places(files_of(of, *self.jobs, store=split)) == [
            ("1-1", "01", 1, 1),
            ("1-2", "01", 1, 2),
            ("1-2", "01", 1, 3),
            ("1-2", "01", 1, 4),
            ("2-1", "01", 2, 1),
            ("2-1", "01", 2, 2),
        ]

    def test_the_first_file_of_an_item_that_had_none_goes_to_its_one_job(self) -> None:
        of = order(item(2, files=("late.pdf",)))
        assert places(files_of(of, self.jobs[2], store=split)) == [("2-1", "01", 2, 1)]


class TestKits:
    def kit(self, first_quantity: int = 3) -> PresseroOrder:
        return order(
            item(1, 0, is_kit=True, files=("kit.pdf",)),
            item(2, parent=1, quantity=first_quantity),
            item(3, parent=1, files=("c.pdf",)),
        )

    def test_the_kits_files_go_to_its_first_part(self) -> None:
        made = (MadePart("order", "01", 2), MadePart("order", "02", 3))
        found = files_of(self.kit(), *made)
        assert places(found) == [("order", "01", 1, 1), ("order", "02", 3, 1)]
        assert found[0].part_fields == {}  # the part's own file fields are for its own files

    @pytest.mark.parametrize("made", [(2,), (2, 3)])
    def test_a_component_whose_quantity_became_0_keeps_the_files_of_its_kit(
        self, made: tuple[int, ...]
    ) -> None:
        parts = tuple(MadePart("order", f"0{number}", seq) for number, seq in enumerate(made, start=1))
        assert ("order", "01", 1, 1) in places(files_of(self.kit(first_quantity=0), *parts))


class TestFileKey:
    def test_a_link_that_was_signed_anew_is_the_same_file(self) -> None:
        assert file_key(" https://Files.Example.com/a.pdf?sig=1#p ") == file_key(
            "https://files.example.com/a.pdf?sig=2"
        )

    def test_another_path_is_another_file(self) -> None:
        assert file_key("https://files.example.com/A.pdf") != file_key("https://files.example.com/a.pdf")

    def test_two_items_may_have_files_of_one_name(self) -> None:
        of = order(
            item(1, files=(file("a.pdf", "https://x.example.com/1/a.pdf"),)),
            item(2, files=(file("a.pdf", "https://x.example.com/2/a.pdf"),)),
        )
        assert len({late.key for late in files_of(of, *whole)}) == 2


def test_planned_and_later_files_have_the_same_fields() -> None:
    of = order(item(1, files=("a.pdf", file("b.pdf", size=None))))
    planned = plan(of).jobs[0].parts[0].files
    assert [values(late.file.fields) for late in files_of(of, whole[0])] == [
        values(f.fields) for f in planned
    ]
