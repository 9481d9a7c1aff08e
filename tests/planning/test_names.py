"""Mapping rules 4 (description), 5 (part description) and 9 (names)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.planning.names import (
    extension,
    job_description,
    job_name,
    one_line,
    part_description,
    sent_file_name,
)
from tests.planning.builders import file, item, order, plan, storefront, values


def test_description_of_an_order() -> None:
    assert job_description(10234, "Example CU Store") == "10234 - Example CU Store"


def test_description_in_split_mode_with_the_numbered_format() -> None:
    assert job_description(10234, "Store", name="10234-2-1", seq=2, number=1) == "10234 - Store - 10234-2-1"


def test_description_in_split_mode_with_another_name() -> None:
    assert job_description(10234, "Store", name="Cards", seq=2, number=1) == "10234 - Store - Cards (2-1)"


def test_the_storefront_name_is_cut_first() -> None:
    text = job_description(10234, "S" * 300, name="N" * 100, seq=2, number=13)
    assert len(text) == 255
    assert text == f"10234 - {'S' * 137} - {'N' * 100} (2-13)"


def test_then_the_job_name_and_never_the_numbers() -> None:
    text = job_description(10234, "S" * 300, name="N" * 300, seq=2, number=13)
    assert len(text) == 255
    assert text == f"10234 - {'N' * 240} (2-13)"


def test_what_is_cut_ends_without_a_blank() -> None:
    assert job_description(10234, "The Example Store", limit=12) == "10234 - The"
    text = job_description(10234, "Store", name="Lobby poster", seq=2, number=1, limit=20)
    assert text == "10234 - Lobby (2-1)"


def test_the_numbers_stay_where_there_is_no_room_for_a_name() -> None:
    assert job_description(10234, "Store", limit=5) == "10234"
    assert job_description(10234, "Store", name="Poster", seq=2, number=1, limit=10) == "10234 -  (2-1)"


def test_a_long_order_description_is_cut_and_noted() -> None:
    made = plan(None, storefront(name="S" * 300))
    assert made.jobs[0].description == f"10234 - {'S' * 247}"
    assert "cut at 255 characters" in made.notes[0].message


def test_part_description_has_at_most_64_characters() -> None:
    assert part_description(10234, "Store") == "10234 - Store"
    assert part_description(10234, "S" * 300) == f"10234 - {'S' * 56}"


@settings(max_examples=600, deadline=None)
@given(
    st.integers(1, 10**9),
    st.text(max_size=400),
    st.text(max_size=400),
    st.integers(1, 999),
    st.integers(1, 999),
    st.booleans(),
)
def test_a_description_never_exceeds_the_limit_and_keeps_the_numbers(
    number: int, store: str, name: str, seq: int, num: int, override: bool
) -> None:
    name = job_name(number, item(seq, item_name=name), num, override)
    text = job_description(number, store, name=name, seq=seq, number=num)
    assert len(text) <= 255
    assert text.startswith(str(number))
    assert text.endswith((f" ({seq}-{num})", f"{number}-{seq}-{num}"))
    assert text == one_line(text)
    assert len(part_description(number, store)) <= 64


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["", "Cards", "10234-2-1", "N" * 300]), st.integers(0, 3)),
        min_size=1,
        max_size=6,
    )
)
def test_descriptions_are_unique_per_job(items: list[tuple[str, int]]) -> None:
    of = order(
        *(item(n, item_name=name, files=["a.pdf"] * count) for n, (name, count) in enumerate(items, start=1))
    )
    jobs = plan(of, storefront(one_job_per_item=True, name="S" * 260)).jobs
    assert len({job.description for job in jobs}) == len({job.unit for job in jobs}) == len(jobs)


class TestJobName:
    def test_override_y_is_the_numbered_format(self) -> None:
        assert job_name(10234, item(2, item_name="Cards"), 3, override=True) == "10234-2-3"

    def test_override_n_is_the_item_name(self) -> None:
        assert (
            job_name(10234, item(2, item_name=" Visitenkarten für Zoë \n"), 3, override=False)
            == "Visitenkarten für Zoë"
        )

    def test_override_n_with_an_empty_name_is_the_numbered_format(self) -> None:
        assert job_name(10234, item(2, item_name="  "), 3, override=False) == "10234-2-3"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("card.pdf", "pdf"),
        ("archive.tar.GZ", "GZ"),
        ("v1.2/final", ""),
        ("folder.d\\plain", ""),
        (".hidden", ""),
        ("no extension", ""),
        ("Version 1. final", ""),
        ("名刺.pdf", "pdf"),
        ("x" * 300 + ".pdf", "pdf"),
        ("", ""),
    ],
)
def test_extension(name: str, expected: Any) -> None:
    assert extension(name) == expected


class TestFileName:
    def test_override_n_keeps_the_original_whatever_it_is(self) -> None:
        for name in ("a/b.c.pdf", "名刺.pdf", "x" * 300):
            assert sent_file_name(file(name, "u"), "10234-1-1", override=False) == name

    def test_override_y_is_the_job_name_with_the_original_extension(self) -> None:
        assert sent_file_name(file("my art.v2.PDF"), "10234-1-2", override=True) == "10234-1-2.PDF"
        assert sent_file_name(file("art"), "Cards 3/4", override=True) == "Cards 3/4"

    @pytest.mark.parametrize(
        ("override_job", "override_file", "expected"),
        [
            (True, True, ["10234-1-1.pdf", "10234-1-2.ai"]),
            (False, True, ["Name 1.pdf", "Name 1.ai"]),
            (True, False, ["one.pdf", "two.ai"]),
            (False, False, ["one.pdf", "two.ai"]),
        ],
    )
    def test_in_a_plan_the_link_keeps_the_original_name(
        self, override_job: bool, override_file: bool, expected: Any
    ) -> None:
        store = storefront(override_job_name=override_job, override_file_name=override_file)
        part = plan(order(item(files=("one.pdf", "two.ai"))), store).jobs[0].parts[0]
        assert [values(planned.fields)["fileName"] for planned in part.files] == expected
        assert values(part.fields)["paceConnectFileName"] == expected[0]
        assert [values(planned.fields)["fileUrl"] for planned in part.files] == [
            "https://files.example.com/one.pdf",
            "https://files.example.com/two.ai",
        ]


STRANGE = [
    ("名刺 für Zoë.pdf", "pdf"),
    ("art.v2.final.PDF", "PDF"),
    ("a/b\\c.ai", "ai"),
    ("x" * 300 + ".pdf", "pdf"),
    ("no extension", None),
    (".hidden", None),
    ("Version 1. final", None),
]


@pytest.mark.parametrize(("name", "ending"), STRANGE)
class TestStrangeFileNamesInAPlan:
    def sent(self, name: str, **parameters: bool) -> tuple[dict[str, Any], dict[str, Any]]:
        """The fields of the content file and of the part."""
        made = plan(order(item(files=(file(name, "https://x.example.com/f?n=1"),))), storefront(**parameters))
        part = made.jobs[0].parts[0]
        return values(part.files[0].fields), values(part.fields)

    def test_kept_as_they_are(self, name: str, ending: str | None) -> None:
        content, part = self.sent(name)
        assert content["fileName"] == part["paceConnectFileName"] == name
        assert part.get("paceConnectFileType") == ending

    def test_overridden_with_the_job_name(self, name: str, ending: str | None) -> None:
        content, part = self.sent(name, override_job_name=True, override_file_name=True)
        expected = f"10234-1-1.{ending}" if ending else "10234-1-1"
        assert content["fileName"] == part["paceConnectFileName"] == expected

    def test_the_link_stays_the_direct_one(self, name: str, ending: str | None) -> None:
        content, part = self.sent(name, override_file_name=True)
        assert content["fileUrl"] == part["paceConnectURL"] == "https://x.example.com/f?n=1"


@pytest.mark.parametrize(
    "name", ["名刺", "a.b.c", "front/back", "N" * 300, " spaced   out ", "Zoë's", '5" banner']
)
def test_strange_item_names_make_job_names_and_descriptions(name: str) -> None:
    [job] = plan(order(item(item_name=name)), storefront(one_job_per_item=True)).jobs
    assert job.name == one_line(name)
    assert len(job.description) <= 255 and job.description.endswith(" (1-1)")


def test_a_banner_of_feet_and_inches_is_a_job_like_any_other() -> None:
    [job] = plan(order(item(item_name="""4' x 8" Banner""")), storefront(one_job_per_item=True)).jobs
    assert job.description == """10234 - Example CU Store - 4' x 8" Banner (1-1)"""


def test_line_breaks_and_half_characters_leave_a_description() -> None:
    assert one_line(" a\r\n b\x00\ud800  c ") == "a b c"
