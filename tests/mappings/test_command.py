"""`manage.py mappings export|import`."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from mappings.models import ProductMapping
from mappings.resources import import_rows

pytestmark = pytest.mark.django_db

HEADER = "storefront,product,match,item_template\n"


def run(*arguments: str | Path, verbosity: int = 1) -> str:
    out = StringIO()
    call_command("mappings", *(str(argument) for argument in arguments), stdout=out, verbosity=verbosity)
    return out.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "products.csv"
    path.write_text(HEADER + ",BC14,part_number,T1\n")
    return path


def test_import_says_what_was_added(file: Path) -> None:
    assert run("import", "products", file) == (
        "added: product part number BC14 of all storefronts → T1\n1 added, 0 changed, 0 unchanged.\n"
    )


def test_a_second_import_changes_nothing(file: Path) -> None:
    run("import", "products", file)
    assert run("import", "products", file) == "0 added, 0 changed, 1 unchanged.\n"


def test_a_rehearsal_says_so_and_changes_nothing(file: Path) -> None:
    assert "Dry run, nothing was changed: 1 added" in run("import", "products", file, "--dry-run")
    assert not ProductMapping.objects.exists()


def test_errors_are_told_with_their_lines_and_the_exit_code_is_1(file: Path) -> None:
    file.write_text(HEADER + ",BC14,sku,T1\n")
    errors = StringIO()
    with pytest.raises(CommandError, match=r"nothing was imported, 1 error\.") as caught:
        call_command("mappings", "import", "products", str(file), stderr=errors)
    assert caught.value.returncode == 1
    assert errors.getvalue() == "line 2: match: “sku” is unknown: write id or part_number or name.\n"


def test_export_writes_all_rows(tmp_path: Path) -> None:
    import_rows("products", [{"product": "BC14", "match": "name", "item_template": "T1"}])
    assert "1 row written" in run("export", "products", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == HEADER + ",BC14,name,T1\n"


def test_a_missing_file_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        run("import", "products", tmp_path / "none.csv")


def test_another_suffix_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="must end in"):
        run("export", "products", tmp_path / "out.txt")


def test_an_unknown_kind_is_refused(file: Path) -> None:
    with pytest.raises(CommandError, match="carriers"):
        run("import", "carriers", file)


def test_many_changes_are_cut_unless_asked_for(file: Path) -> None:
    file.write_text(HEADER + "".join(f",P{n},name,T\n" for n in range(30)))
    assert "and 10 more" in run("import", "products", file, "--dry-run")
    assert "and 10 more" not in run("import", "products", file, "--dry-run", verbosity=2)
