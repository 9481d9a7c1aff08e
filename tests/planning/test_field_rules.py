"""Field rules: which rule decides, what its value becomes, and what stops an order (docs/field-rules.md)."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.clients.schemas import Address, PresseroOrder
from integrations.planning.plan import make_plan
from integrations.planning.plan_types import CustomerCandidates, Override, Plan, PlanProblem, SourceKind
from integrations.planning.rule_fields import field_problem
from mappings.types import FieldRuleRow, MappingTable, ValueRow
from tests.planning.builders import SPRINGFIELD, detail, inputs, item, local, order, plan, storefront, values

OWN, OTHER = 1, 2
SHIP_TO_NORTH = item().ship_to
USER_FIELDS = {("job", "u_rush"): "boolean", ("job", "u_center"): "string"}


def rule(id_: int, field: str, value: str = "", object_: str = "job", **more: Any) -> FieldRuleRow:
    return FieldRuleRow(id_, more.pop("storefront_id", None), object_, field, value=value, **more)


def planned(
    *rules: FieldRuleRow, of: PresseroOrder | None = None, rows: tuple[ValueRow, ...] = (), **more: Any
) -> Plan:
    return plan(of, table=MappingTable(fields=rules, values=rows), user_fields=USER_FIELDS, **more)


def job_value(name: str, *rules: FieldRuleRow, **more: Any) -> Any:
    return values(planned(*rules, **more).jobs[0].fields).get(name)


def problems_of(
    *rules: FieldRuleRow, of: PresseroOrder | None = None, **more: Any
) -> tuple[PlanProblem, ...]:
    return make_plan(inputs(of, table=MappingTable(fields=rules, **more), user_fields=USER_FIELDS)).problems


class TestWhichRuleDecides:
    def test_a_rule_sets_a_field_that_the_plan_has(self) -> None:
        assert job_value("poNum", rule(12, "poNum", "WEB-{{ order.number }}")) == "WEB-10234"

    def test_a_rule_adds_a_field_that_the_plan_does_not_have(self) -> None:
        assert job_value("u_center", rule(12, "u_center", "4410")) == "4410"

    def test_the_lineage_names_the_rule_and_its_row(self) -> None:
        fields = planned(rule(12, "csr", "7")).jobs[0].fields
        assert detail(fields, "csr") == "field rule 12"
        source = fields["csr"].source
        assert (source.kind, source.mapping, source.row_id) == (SourceKind.MAPPING, "fields", 12)

    def test_a_storefronts_own_rule_wins_over_one_for_all_whatever_its_priority(self) -> None:
        every, own = rule(1, "csr", "1", priority=1), rule(2, "csr", "2", priority=900, storefront_id=OWN)
        assert job_value("csr", every, own) == 2

    def test_then_the_lowest_priority_wins_then_the_older_rule(self) -> None:
        assert job_value("csr", rule(1, "csr", "1", priority=50), rule(2, "csr", "2", priority=10)) == 2
        assert job_value("csr", rule(2, "csr", "2"), rule(1, "csr", "1")) == 1

    def test_a_rule_of_another_storefront_is_not_asked(self) -> None:
        assert job_value("csr", rule(1, "csr", "1", storefront_id=OTHER)) is None

    def test_a_rule_whose_condition_does_not_hold_leaves_the_field_to_the_next(self) -> None:
        first = rule(1, "csr", "1", priority=1, when='buyer.department == "Sales"')
        assert job_value("csr", first, rule(2, "csr", "2"), of=order(buyer_department="Marketing")) == 2
        assert job_value("csr", first, rule(2, "csr", "2"), of=order(buyer_department="Sales")) == 1

    def test_if_empty_keeps_what_is_planned(self) -> None:
        fallback = rule(1, "poNum", "NONE", mode="if_empty")
        assert job_value("poNum", fallback, of=order(po_number="PO-1")) == "PO-1"
        assert job_value("csr", rule(1, "csr", "4", mode="if_empty")) == 4

    def test_every_append_rule_adds_a_line_in_order(self) -> None:
        lines = [
            rule(1, "description2", "second", mode="append", priority=20),
            rule(2, "description2", "first", mode="append", storefront_id=OWN),
            rule(3, "description2", "", mode="append"),
            rule(4, "description2", "base"),
        ]
        made = planned(*lines).jobs[0].fields
        assert made["description2"].value == "base\nfirst\nsecond"
        assert detail(made, "description2") == "field rules 2 and 1, added to: field rule 4"

    def test_what_staff_changed_for_one_order_wins_over_a_rule(self) -> None:
        chosen = (Override("job.poNum", None, "STAFF", "changed by staff"),)
        assert job_value("poNum", rule(1, "poNum", "RULE"), overrides=chosen) == "STAFF"

    def test_an_empty_result_leaves_the_field_out_and_says_so(self) -> None:
        made = planned(rule(1, "poNum", '{{ item.form["PO"] }}'))
        assert "poNum" not in made.jobs[0].fields
        assert [note.message for note in made.notes] == [
            "Order 10234, item 1: field rule 1 leaves poNum empty"
        ]


class TestObjects:
    def test_a_part_sees_its_own_item(self) -> None:
        of = order(item(1, product_name="Card"), item(2, product_name="Poster 18x24"))
        jobs = planned(
            rule(1, "salesCategory", "3", "part", when='item.product.name contains "Poster"'), of=of
        ).jobs
        assert ["salesCategory" in part.fields for part in jobs[0].parts] == [False, True]

    def test_a_shipment_sees_the_items_that_it_carries(self) -> None:
        of = order(item(1), item(2, ship_to=SPRINGFIELD), item(3))
        made = planned(
            rule(1, "notes", '{{ items | map: "seq" | join: "+" }} of {{ item.seq }}', "shipment"), of=of
        )
        assert [s.fields["notes"].value for s in made.jobs[0].shipments] == ["1+3 of 1", "2 of 2"]

    def test_a_job_sees_its_first_item_and_all(self) -> None:
        of = order(item(1, product_name="Card"), item(2, product_name="Poster"))
        assert (
            job_value("u_center", rule(1, "u_center", "{{ item.seq }} of {{ items.size }}"), of=of)
            == "1 of 2"
        )

    def test_a_carton(self) -> None:
        shipment = planned(rule(1, "note", "Fragile", "carton")).jobs[0].shipments[0]
        assert shipment.carton["note"].value == "Fragile"

    def test_a_new_customer_and_contact(self) -> None:
        new = CustomerCandidates(contacts=(), customer_exists=False)
        rules = (rule(1, "csr", "7", "customer"), rule(2, "residential", "yes", "contact"))
        party = planned(*rules, candidates=new).party
        assert party is not None
        assert party.create_customer["csr"].value == 7
        assert party.create_contact["residential"].value is True

    def test_a_contact_rule_reaches_the_contact_that_pace_makes_of_a_shipments_address(self) -> None:
        of = order(item(1), item(2, ship_to=SPRINGFIELD), buyer_business="Buyers Inc.")
        made = planned(
            rule(2, "residential", "{% if contact.business %}no{% else %}yes{% endif %}", "contact"), of=of
        )
        found = [one.contact["residential"] for one in made.jobs[0].shipments]
        assert [one.value for one in found] == [not SHIP_TO_NORTH.business, not SPRINGFIELD.business]
        assert {one.source.detail for one in found} == {"field rule 2"}

    def test_a_contact_rule_tells_the_buyers_contact_from_the_one_of_an_address(self) -> None:
        new = CustomerCandidates(contacts=(), customer_exists=True)
        made = planned(
            rule(2, "u_kind", "{{ contact.kind }}: {{ contact.first_name }}", "contact"), candidates=new
        )
        assert made.party is not None
        assert made.party.create_contact["u_kind"].value == "buyer: Avery"
        assert (
            made.jobs[0].shipments[0].contact["u_kind"].value
            == f"ship_to: {SHIP_TO_NORTH.first_name}".strip()
        )

    def test_what_pace_copies_to_the_contact_of_an_address_counts_as_planned(self) -> None:
        rules = (
            rule(1, "city", "Nowhere", "contact", mode="if_empty"),
            rule(2, "address1", "{{ planned | upcase }}", "contact"),
        )
        contact = values(planned(*rules).jobs[0].shipments[0].contact)
        assert contact == {"companyName": SHIP_TO_NORTH.business, "address1": SHIP_TO_NORTH.address1.upper()}

    def test_a_contact_rule_that_cannot_be_applied_to_an_address_names_its_item(self) -> None:
        (problem,) = problems_of(
            rule(12, "residential", "{{ item.notes }}", "contact"), of=order(item(1, notes="perhaps"))
        )
        assert problem.message.startswith("Order 10234, item 1: field rule 12 for residential of the contact")

    def test_a_rule_is_not_asked_about_a_field_that_staff_chose(self) -> None:
        chosen = (Override("job.u_center", None, "4410", "changed by staff"),)
        required = rule(1, "u_center", "", required=True)
        assert job_value("u_center", required, overrides=chosen) == "4410"

    def test_a_known_customer_is_left_alone(self) -> None:
        party = planned(rule(1, "csr", "7", "customer")).party
        assert party is not None
        assert party.create_customer == {}

    def test_split_into_jobs_each_job_sees_its_item(self) -> None:
        of = order(item(1), item(2))
        jobs = planned(
            rule(1, "u_center", "{{ item.seq }}/{{ items.size }}"),
            of=of,
            store=storefront(one_job_per_item=True),
        ).jobs
        assert [job.fields["u_center"].value for job in jobs] == ["1/1", "2/1"]

    def test_the_job_follows_its_first_part_and_shipment(self) -> None:
        rules = (
            rule(1, "itemTemplate", "BRO-TPL", "part"),
            rule(2, "shipVia", "2", "shipment"),
            rule(3, "qtyOrdered", "{{ item.quantity | plus: 25 }}", "part"),
        )
        fields = values(planned(*rules).jobs[0].fields)
        assert (fields["itemTemplate"], fields["shipVia"], fields["part1QuantityOrdered"]) == (
            "BRO-TPL",
            2,
            525,
        )

    def test_an_account_number_is_forced(self) -> None:
        shipment = planned(rule(1, "accountNumber", "A-1", "shipment")).jobs[0].shipments[0].fields
        assert shipment["forcedAccountNumber"].value is True


class TestConversion:
    @pytest.mark.parametrize(
        ("field", "text", "value"),
        [
            ("csr", " 12 ", 12),
            ("csr", "12.0", 12),
            ("originalQuotedPrice", "12.50", Decimal("12.50")),
            ("billPartsTogether", "Yes", True),
            ("billPartsTogether", "false", False),
            ("u_rush", "no", False),
            ("promiseDateTime", "2026-12-24", local(2026, 12, 24, 17, 0)),
            ("promiseDateTime", "2026-12-24 08:30", local(2026, 12, 24, 8, 30)),
            ("promiseDateTime", "2026-12-24T13:30:00Z", local(2026, 12, 24, 8, 30)),
            ("poNum", "a\n  b\t", "a b"),
            ("u_unseen", "12", "12"),
            ("description2", "a\nb", "a\nb"),
        ],
    )
    def test_a_text_becomes_the_fields_type(self, field: str, text: str, value: Any) -> None:
        found = job_value(field, rule(1, field, text))
        assert (found, type(found)) == (value, type(value))

    @pytest.mark.parametrize(
        ("object_", "field", "text", "what"),
        [
            ("job", "csr", "twelve", "“twelve” is not a whole number"),
            ("job", "csr", "99999999999", "is more than the field takes"),
            ("job", "originalQuotedPrice", "$5", "“$5” is not a number"),
            ("job", "billPartsTogether", "maybe", "“maybe” is neither yes nor no"),
            ("job", "promiseDateTime", "12/24/2026", "is not a date: write 2026-12-24"),
            ("job", "promiseDateTime", "0001-01-01", "is out of range"),
            ("part", "description", "x" * 65, "has 65 characters, and the field takes 64"),
            ("job", "poNum", "x" * 51, "has 51 characters, and the field takes 50"),
            ("job", "jobType", "77", "Pace does not list “77”"),
            ("job", "csr", "{{ order.number | divided_by: 0 }}", "nothing can be divided by 0"),
            ("job", "csr", '{{ order.number | lookup: "No" }}', "there is no value table “No”"),
        ],
    )
    def test_what_does_not_fit_stops_the_order_with_rule_field_order_and_item(
        self, object_: str, field: str, text: str, what: str
    ) -> None:
        (problem,) = problems_of(rule(12, field, text, object_))
        assert problem.message.startswith(
            f"Order 10234, item 1: field rule 12 for {field} of the {object_} cannot be applied: "
        )
        assert what in problem.message
        assert (problem.mode, problem.field, problem.item) == ("config", field, 1)
        assert problem.cause.key.startswith("field_rule:12:")

    def test_a_required_value_that_is_empty_stops_the_order(self) -> None:
        (problem,) = problems_of(rule(12, "u_center", '{{ item.form["Cost center"] }}', required=True))
        assert "field rule 12" in problem.message
        assert "required" in problem.message

    def test_a_required_rule_that_does_not_apply_stops_nothing(self) -> None:
        assert problems_of(rule(12, "u_center", "", required=True, when="order.po")) == ()

    def test_every_item_with_a_bad_value_is_named(self) -> None:
        of = order(item(1, notes="x"), item(2, notes="4"), item(3, notes="y"))
        assert [
            p.item for p in problems_of(rule(12, "salesCategory", "{{ item.notes }}", "part"), of=of)
        ] == [1, 3]


class TestProtection:
    @pytest.mark.parametrize(
        ("object_", "field"),
        [
            ("job", "customer"), ("job", "description"), ("job", "webOrderID"), ("job", "job"), ("job", "jobContact"),
            ("job", "shipToJobContact"), ("job", "billToJobContact"), ("part", "job"), ("part", "jobPart"),
            ("part", "primaryKey"), ("part", "webOrderLine"), ("shipment", "job"), ("shipment", "jobPart"),
            ("shipment", "jobPartKey"), ("shipment", "id"), ("shipment", "customer"), ("carton", "shipment"),
            ("carton", "id"), ("customer", "id"), ("contact", "customer"), ("contact", "id"), ("contact", "email"),
        ],
    )  # fmt: skip
    def test_what_the_hub_finds_its_work_by_cannot_be_set(self, object_: str, field: str) -> None:
        assert "protected" in field_problem(object_, field)
        if object_ != "customer" and object_ != "contact":
            assert problems_of(rule(1, field, "1", object_))

    def test_a_parts_own_description_can_be_set(self) -> None:
        assert field_problem("part", "description") == ""

    def test_an_unknown_field_names_the_nearest(self) -> None:
        assert field_problem("job", "ponum") == "Pace knows no field “ponum” of a job. Did you mean poNum?"
        assert "u_ and then letters" in field_problem("job", "u_cost center")
        assert "There is no object “invoice”" in field_problem("invoice", "x")


class TestVariables:
    OF = order(
        item(
            1, "96.50", item_name="Card", notes="Rush", product_name="Business Card", part_number="BC14", method_name="Ground",
            options=(("Paper", "14pt"),), form=(("Cost center", "4410"),), checkout_form=(("Room", "12"),),
            attributes=(("Color", "red"),), files=("a.pdf",),
        ),
        po_number="PO-1", notes="Dock B", subtotal="96.50", shipping="3", tax="2", discount="1", total="100.50",
        buyer_business="Example CU", buyer_department="Marketing", site_id="site-1",
        bill_to=Address(business="Example", first_name="A", last_name="B", address1="1 Main", city="C", state="IL",
                        postal="62701", country="US", phone="5", email="b@example.com"),
    )  # fmt: skip

    @pytest.mark.parametrize(
        ("variable", "text"),
        [
            ("order.number", "10234"), ("order.placed", "2026-03-10T11:00:00"), ("order.po", "PO-1"),
            ("order.notes", "Dock B"), ("order.subtotal", "96.50"), ("order.shipping", "3"), ("order.tax", "2"),
            ("order.discount", "1"), ("order.total", "100.50"), ("order.ship_date", "2026-03-20"),
            ("order.days_to_ship", "10"), ("storefront.name", "Example CU Store"), ("storefront.site_id", "site-1"),
            ("storefront.integration_id", "HOUSE"), ("buyer.first_name", "Avery"), ("buyer.last_name", "Sample"),
            ("buyer.email", "avery@example.com"), ("buyer.business", "Example CU"), ("buyer.department", "Marketing"),
            ("bill_to.business", "Example"), ("bill_to.first_name", "A"), ("bill_to.last_name", "B"),
            ("bill_to.address1", "1 Main"), ("bill_to.city", "C"), ("bill_to.state", "IL"), ("bill_to.postal", "62701"),
            ("bill_to.country", "US"), ("bill_to.phone", "5"), ("bill_to.email", "b@example.com"),
            ("item.ship_to.business", "Example CU North"), ("item.ship_to.city", "Peoria"), ("item.seq", "1"),
            ("item.name", "Card"), ("item.quantity", "500"), ("item.price", "96.50"), ("item.notes", "Rush"),
            ("item.method", "Ground"), ("item.product.name", "Business Card"), ("item.product.id", "product-1"),
            ("item.product.part_number", "BC14"), ('item.options["paper "]', "14pt"), ('item.form["COST CENTER"]', "4410"),
            ('item.form["Room"]', "12"), ('item.attributes["Color"]', "red"), ("item.files", "a.pdf"), ("today", "2026-03-10"),
            ("item.form['Nothing']", ""), ("order.paid", ""),
        ],
    )  # fmt: skip
    def test_a_template_sees(self, variable: str, text: str) -> None:
        found = job_value("u_center", rule(1, "u_center", f"<{{{{ {variable} }}}}>"), of=self.OF)
        assert found == f"<{text}>"

    def test_the_planned_value(self) -> None:
        assert job_value("poNum", rule(1, "poNum", "WEB-{{ planned }}"), of=self.OF) == "WEB-PO-1"

    def test_a_value_table(self) -> None:
        rows = (ValueRow(1, "CSR", "marketing", "7"), ValueRow(2, "CSR", "*", "1"))
        by_department = rule(1, "csr", '{{ buyer.department | lookup: "csr" }}')
        assert job_value("csr", by_department, of=self.OF, rows=rows) == 7
        assert job_value("csr", by_department, of=order(buyer_department="Sales"), rows=rows) == 1


class TestLimits:
    def test_an_endless_template_stops_its_own_order_only(self) -> None:
        loop = "{% for i in (1..1000) %}{% for j in (1..1000) %}x{% endfor %}{% endfor %}"
        (problem,) = problems_of(rule(12, "u_center", loop))
        assert "field rule 12" in problem.message
        assert "too much work" in problem.message

    def test_two_hundred_items_with_costly_rules_end_soon(self) -> None:
        loop = "{% for i in (1..900) %}{{ item.seq }}{% endfor %}"
        of = order(*(item(seq) for seq in range(1, 201)))
        rules = [rule(n, f"u_{n}", loop, "part") for n in range(1, 21)]
        assert any("do too much work together" in problem.message for problem in problems_of(*rules, of=of))


def test_the_same_inputs_give_the_same_plan_whatever_the_order_of_the_rows() -> None:
    rules = [rule(n, "description2", f"line {n}", mode="append", priority=n % 3) for n in range(1, 8)]
    given = inputs(order(item(1), item(2)), table=MappingTable(fields=tuple(rules)))
    turned = replace(given, mappings=MappingTable(fields=tuple(reversed(rules))))
    assert make_plan(given).as_json() == make_plan(turned).as_json()


def test_money_that_is_equal_but_written_otherwise_is_told_apart() -> None:
    of = order(item(1, "1.50"), item(2, "1.5"), item(3, "1.50"))
    parts = planned(rule(1, "u_price", "{{ item.price }}", "part"), of=of).jobs[0].parts
    assert [part.fields["u_price"].value for part in parts] == ["1.50", "1.5", "1.50"]


def test_a_template_that_hides_data_by_a_name_of_its_own_is_computed_for_each_item() -> None:
    hides = '{{ item.name }}{% assign item = "x" %}'
    of = order(item(1, item_name="A"), item(2, item_name="B"))
    parts = planned(rule(1, "u_name", hides, "part"), of=of).jobs[0].parts
    assert [part.fields["u_name"].value for part in parts] == ["A", "B"]


def test_rules_that_see_only_the_order_come_out_the_same_for_all_items_and_anew_for_the_next_order() -> None:
    rules = (rule(1, "u_a", "{{ buyer.department }}", "part"),)
    for name in ("Sales", "Marketing"):
        of = order(item(1), item(2), buyer_department=name)
        assert [part.fields["u_a"].value for part in planned(*rules, of=of).jobs[0].parts] == [name, name]


class TestAnyTemplateAnyOrder:
    """Whatever stands in a rule and in an order, there is a plan: with the value, or with a problem that names the rule."""

    PIECES = st.sampled_from(
        ["{{ item.name }}", "{{ item.form[item.notes] }}", "{% for x in items %}{{ x }}{% endfor %}", "{{", "{% if", "}}", "x",
         "{{ order.total | times: item.quantity }}", '{{ item.notes | date: "%Y" }}', "{{ planned | append: planned }}",
         '{{ order.notes | lookup: "T" }}', '{{ items | map: "name" | join: item.notes }}', "{{ item.price | divided_by: 0 }}",
         "{% assign a = item.notes %}{{ a | replace: '', a }}", "{{ bill_to }}{{ item.options }}{{ now }}", "\n", "\x00"]
    )  # fmt: skip
    FIELD = st.sampled_from(
        [("job", "poNum"), ("job", "csr"), ("job", "u_rush"), ("job", "promiseDateTime"), ("job", "originalQuotedPrice"),
         ("part", "description"), ("part", "itemTemplate"), ("shipment", "shipVia"), ("shipment", "notes"), ("carton", "count"),
         ("job", "customer"), ("job", "nothing")]
    )  # fmt: skip
    TEXT = st.text(max_size=40) | st.sampled_from(["7", "2026-12-24", "yes", "x" * 3000])

    @given(
        st.lists(
            st.tuples(FIELD, st.lists(PIECES, max_size=4).map("".join), TEXT, st.sampled_from(["set", "if_empty", "append"])),
            max_size=4,
        ),
        TEXT,
        TEXT,
    )  # fmt: skip
    @settings(deadline=None)
    def test_there_is_a_plan(self, drafts: list[Any], notes: str, name: str) -> None:
        rules = tuple(
            FieldRuleRow(n, None, *field, when=when if n % 2 else "", value=value, mode=mode)
            for n, (field, value, when, mode) in enumerate(drafts, start=1)
        )
        of = order(
            item(1, notes=notes, item_name=name), item(2, form=((name, notes),)), notes=notes, total="5"
        )
        made = make_plan(
            inputs(
                of,
                table=MappingTable(fields=rules, values=(ValueRow(1, "T", "*", name),)),
                user_fields=USER_FIELDS,
            )
        )
        assert len(made.as_json()) < 2_000_000
        assert all("field rule" in problem.message for problem in made.problems)
