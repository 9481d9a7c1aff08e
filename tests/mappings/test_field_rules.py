"""Field rules and value tables as rows: what is refused and where, files, the configuration file, and how they are read."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.models import Storefront
from integrations.operations.setup.configuration import (
    ConfigurationError,
    export_configuration,
    import_configuration,
)
from mappings.lookup import table_for
from mappings.models import FieldRule, Holiday, TableValue
from mappings.resources import KINDS, export_file, export_rows, import_file, import_rows
from mappings.types import FieldRuleRow, HolidayRow, ValueRow

pytestmark = pytest.mark.django_db


def row(**columns: Any) -> dict[str, Any]:
    return {
        "storefront": "",
        "object": "job",
        "pace_field": "poNum",
        "value": "WEB-{{ order.number }}",
        **columns,
    }


def reasons(*rows: dict[str, Any], kind: str = "fields") -> list[str]:
    return [reason for _, reason in import_rows(kind, rows).errors]


def test_the_columns_are_those_of_the_contract() -> None:
    assert KINDS["fields"].columns == (
        "storefront", "object", "pace_field", "priority", "when", "value", "mode", "required",
    )  # fmt: skip
    assert KINDS["values"].columns == ("table", "original", "replacement")


def test_what_a_row_leaves_out_has_its_default() -> None:
    assert import_rows("fields", [row()]).created == 1
    assert export_rows("fields") == [
        {
            "storefront": "", "object": "job", "pace_field": "poNum", "priority": 100, "when": "",
            "value": "WEB-{{ order.number }}", "mode": "set", "required": "no",
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"object": "invoice"}, "“invoice” is unknown: write job or part or shipment or carton or customer or contact."),
        ({"pace_field": "ponum"}, "Pace knows no field “ponum” of a job. Did you mean poNum?"),
        ({"pace_field": "customer"}, "The field customer of a job is protected"),
        ({"pace_field": "webOrderID"}, "is protected"),
        ({"pace_field": "tags"}, "holds a list"),
        ({"value": "{{ order.number | uppcase }}"}, "Line 1, column 19: There is no filter “uppcase”. Did you mean upcase?"),
        ({"value": "a\n{{ order.number"}, "Line 2, column 1: Expected '}}'"),
        ({"when": "order.total > > 5"}, "Line 1, column 15: Expected a primitive expression"),
        ({"value": '{{ order.po | lookup: "None" }}'}, "Line 1, column 15: There is no value table “None”."),
        ({"mode": "append", "pace_field": "csr"}, "Only texts take another line, and csr is a field for a whole number."),
        ({"pace_field": "csr", "value": "Jim"}, "csr is a field for a whole number: “Jim” is not a whole number."),
        ({"object": "part", "pace_field": "description", "value": "x" * 65}, "the field takes 64"),
        ({"priority": "high"}, "“high” is not a whole number"),
        ({"mode": "replace"}, "“replace” is unknown"),
        ({"required": "maybe"}, "“maybe” is unknown"),
        ({"pace_field": ""}, "Pace knows no field “” of a job"),
    ],
)  # fmt: skip
def test_a_bad_row_is_refused_with_its_place(columns: dict[str, Any], reason: str) -> None:
    assert reason in " ".join(reasons(row(**columns)))
    assert not FieldRule.objects.exists()


def test_a_form_refuses_it_as_well_and_names_the_column() -> None:
    rule = FieldRule(object="job", pace_field="poNum", when="a ==", value="{{ x | nope }}", mode="set")
    with pytest.raises(ValidationError) as refused:
        rule.full_clean()
    assert set(refused.value.message_dict) == {"when", "value"}


def test_a_variable_that_no_order_has_is_a_warning_only() -> None:
    report = import_rows("fields", [row(value="{{ order.nubmer }}{{ item.form.Anything }}")])
    assert report.errors == []
    assert report.warnings == [
        (1, "Line 1, column 4: no order has order.nubmer, so it stays empty. Did you mean order.number?")
    ]


def test_a_user_defined_field_needs_no_list() -> None:
    assert reasons(row(pace_field="u_cost_center")) == []


def test_two_rules_of_one_field_differ_in_priority_or_condition() -> None:
    assert reasons(row(), row(priority=50), row(when="order.paid")) == []
    assert reasons(row(value="a"), row(value="b")) == ["Duplicate of line 1."]


def test_an_import_changes_the_value_of_the_same_rule() -> None:
    import_rows("fields", [row()])
    report = import_rows("fields", [row(value="X-{{ order.number }}", required="yes")])
    assert (report.created, report.updated) == (0, 1)
    assert FieldRule.objects.get().required


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_files_go_out_and_come_back(tmp_path: Path, suffix: str, storefront: Storefront) -> None:
    import_rows("values", [{"table": "CSR", "original": "Marketing", "replacement": "7"}])
    wanted = [
        row(storefront=storefront.name, pace_field="csr", value='{{ buyer.department | lookup: "csr" }}', required="yes"),
        row(pace_field="description2", value="=first\n{{ order.notes }}", mode="append", when='order.notes != ""', priority=5),
    ]  # fmt: skip
    import_rows("fields", wanted)
    for kind in ("fields", "values"):
        before, path = export_rows(kind), tmp_path / f"{kind}{suffix}"
        export_file(kind, path)
        report = import_file(kind, path)
        assert (report.errors, report.created, report.updated) == ([], 0, 0)
        assert export_rows(kind) == before


def test_a_value_table_is_found_whatever_its_case_and_has_one_row_for_each_original() -> None:
    rows = [{"table": "CSR", "original": "Marketing", "replacement": "7"}]
    assert reasons(*rows, {"table": "csr ", "original": "MARKETING", "replacement": "8"}, kind="values") == [
        "Duplicate of line 1."
    ]
    import_rows("values", rows)
    assert reasons(row(value='{{ buyer.department | lookup: "csr" }}')) == []


def test_a_configuration_file_brings_tables_and_rules_together() -> None:
    data = {
        "fields": [row(pace_field="csr", value='{{ buyer.department | lookup: "CSR" }}')],
        "values": [{"table": "CSR", "original": "*", "replacement": "1"}],
    }
    assert len(import_configuration(data, dry_run=True).sentences) == 2
    assert not FieldRule.objects.exists()
    import_configuration(data)
    exported = export_configuration()
    assert [one["pace_field"] for one in exported["fields"]] == ["csr"]
    assert exported["values"] == data["values"]


def test_a_configuration_file_names_the_bad_rule() -> None:
    with pytest.raises(ConfigurationError) as refused:
        import_configuration({"fields": [row(), row(pace_field="customer")]})
    assert refused.value.reasons[0].startswith(
        "fields[1]: pace_field: The field customer of a job is protected"
    )


def test_an_order_reads_rules_holidays_and_tables_in_one_query(storefront: Storefront) -> None:
    TableValue.objects.create(table="CSR", original="*", replacement="1")
    holiday = Holiday.objects.create(date="2026-12-24", name="Closed", every_year=True)
    rule = FieldRule.objects.create(
        storefront=storefront,
        object="job",
        pace_field="csr",
        value='{{ order.po | lookup: "CSR" }}',
        required=True,
    )
    with CaptureQueriesContext(connection) as captured:
        found = table_for(storefront.pk, years=[2026], rules=True)
    assert len(captured) == 1
    assert found.holidays == (HolidayRow(holiday.pk, None, date(2026, 12, 24), "Closed", True),)
    assert found.fields == (
        FieldRuleRow(
            rule.pk, storefront.pk, "job", "csr", 100, "", '{{ order.po | lookup: "CSR" }}', "set", True
        ),
    )
    assert [(one.table, one.original, one.replacement) for one in found.values] == [("CSR", "*", "1")]
    assert isinstance(found.values[0], ValueRow)


def test_value_tables_are_read_only_for_rules_that_look_something_up(storefront: Storefront) -> None:
    TableValue.objects.create(table="CSR", original="*", replacement="1")
    FieldRule.objects.create(object="job", pace_field="poNum", value="X")
    assert table_for(storefront.pk, rules=True).values == ()


def test_the_row_says_what_it_does(storefront: Storefront) -> None:
    rule = FieldRule(
        storefront=storefront, object="job", pace_field="csr", when="order.paid", value="7", mode="if_empty"
    )
    assert str(rule) == f"job.csr when order.paid of {storefront.name} =? 7"
    assert str(TableValue(table="CSR", original="*", replacement="1")) == "CSR: * → 1"
