"""The mappings in the portal, as people with different rights meet them."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import ReferenceEntry, Storefront
from mappings import admin_import
from mappings.changes import MappingChange
from mappings.models import FieldRule, ImportUpload, ProductMapping, ShipmentMethodMapping
from mappings.resources import KINDS, import_rows
from mappings.uploads import RETENTION
from tests.factories import make_storefront

pytestmark = pytest.mark.django_db

CSV, XLSX = "0", "1"
HEADER = "storefront,product,match,item_template\n"
PRODUCT = {"product": "BC14", "match": "part_number", "item_template": "T1"}
EXAMPLES: dict[str, dict[str, Any]] = {
    "products": PRODUCT,
    "shipment_methods": {"pressero_method": "Ground", "ship_via": 5010},
    "shipment_addresses": {"country": "US", "ship_via": 5010},
    "statuses": {"level": "job", "pace_status": "S", "pressero_stage": "X"},
    "holidays": {"date": "2026-12-24", "name": "Eve"},
    "fields": {
        "object": "job",
        "pace_field": "u_center",
        "when": "order.paid",
        "value": "{{ order.number }}",
    },
    "values": {"table": "CSR", "original": "Marketing", "replacement": "7"},
}
EACH_KIND = pytest.mark.parametrize("kind", KINDS)


def page(kind: str, name: str) -> str:
    return reverse(f"admin:mappings_{KINDS[kind].model._meta.model_name}_{name}")


def someone(*rights: str) -> Client:
    user = User.objects.create_user("someone", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def boss() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client


def upload(client: Client, text: str | bytes, name: str = "rows.csv") -> Any:
    content = text.encode() if isinstance(text, str) else text
    data = {"import_file": SimpleUploadedFile(name, content), "format": CSV, "resource": ""}
    return client.post(page("products", "import"), data)


def confirm(client: Client, preview: Any) -> Any:
    data = preview.context["confirm_form"].initial
    return client.post(page("products", "process_import"), data, follow=True)


# --- pages


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if "storefront" in kind.columns])
def test_each_list_shows_its_rows_and_whom_they_are_for(boss: Client, north: Storefront, kind: str) -> None:
    import_rows(kind, [EXAMPLES[kind], {**EXAMPLES[kind], "storefront": "North"}])
    text = boss.get(page(kind, "changelist")).content.decode()
    assert "all storefronts" in text
    assert "North" in text


@EACH_KIND
def test_each_form_opens(boss: Client, kind: str) -> None:
    import_rows(kind, [EXAMPLES[kind]])
    row = KINDS[kind].model._default_manager.get()
    name = f"admin:mappings_{KINDS[kind].model._meta.model_name}_change"
    assert boss.get(page(kind, "add")).status_code == 200
    assert boss.get(reverse(name, args=[row.pk])).status_code == 200


@EACH_KIND
def test_each_list_can_be_searched(boss: Client, kind: str) -> None:
    import_rows(kind, [EXAMPLES[kind]])
    assert boss.get(page(kind, "changelist"), {"q": "nothing like this"}).context["cl"].result_count == 0


def test_a_list_is_filtered_by_storefront_or_by_rows_for_all(boss: Client, north: Storefront) -> None:
    import_rows("products", [PRODUCT, {**PRODUCT, "storefront": "North"}])
    for value, expected in (("all", None), (str(north.pk), north.pk)):
        found = boss.get(page("products", "changelist"), {"for": value}).context["cl"].queryset
        assert [row.storefront_id for row in found] == [expected]


def test_a_list_of_many_rows_costs_no_more_queries(
    boss: Client, north: Storefront, django_assert_max_num_queries: Any
) -> None:
    def asked(rows: int) -> int:
        import_rows("products", [{**PRODUCT, "product": str(n), "storefront": "North"} for n in range(rows)])
        with django_assert_max_num_queries(13) as queries:
            boss.get(page("products", "changelist"))
        return len(queries)

    few = asked(2)
    assert asked(60) <= few


def test_a_row_typed_twice_is_refused_in_words(boss: Client) -> None:
    import_rows("products", [PRODUCT])
    answer = boss.post(page("products", "add"), {**PRODUCT, "product": " bc14", "storefront": ""})
    assert "There is already a row of all storefronts for this product." in answer.content.decode()


def test_a_row_without_an_answer_is_refused_in_words(boss: Client) -> None:
    answer = boss.post(page("shipment_methods", "add"), {"pressero_method": "Ground", "storefront": ""})
    assert answer.content.decode().count("a row with neither has no effect") == 1


# --- rights


@EACH_KIND
@pytest.mark.parametrize("action", ["import", "export"])
def test_import_and_export_need_their_own_rights(kind: str, action: str) -> None:
    model = KINDS[kind].model._meta.model_name
    allowed = someone(f"view_{model}", f"{action}_{model}")
    assert allowed.get(page(kind, action)).status_code == 200
    User.objects.get().user_permissions.remove(Permission.objects.get(codename=f"{action}_{model}"))
    assert allowed.get(page(kind, action)).status_code == 403


def test_a_confirmation_needs_the_right_to_import() -> None:
    assert someone("view_productmapping").post(page("products", "process_import")).status_code == 403


# --- import


def test_a_file_is_previewed_then_imported(boss: Client) -> None:
    preview = upload(boss, HEADER + ",BC14,name,T1\n")
    assert not ProductMapping.objects.exists()
    assert "1 new row, 0 changed, 0 unchanged" in confirm(boss, preview).content.decode()
    assert ProductMapping.objects.get().item_template == "T1"


def test_an_import_is_in_the_history_of_its_rows(boss: Client) -> None:
    confirm(boss, upload(boss, HEADER + ",BC14,name,T1\n"))
    name = reverse("admin:mappings_productmapping_history", args=[ProductMapping.objects.get().pk])
    assert "by a file" in boss.get(name).content.decode()


def test_a_semicolon_file_with_a_mark_is_taken(boss: Client) -> None:
    confirm(boss, upload(boss, "\ufeff" + HEADER.replace(",", ";") + ";Größe;name;T1\n"))
    assert ProductMapping.objects.get().product == "Größe"


def test_a_preview_shows_the_old_and_the_new_answer(boss: Client) -> None:
    import_rows("products", [PRODUCT])
    text = upload(boss, HEADER + ",BC14,part_number,T2\n").content.decode()
    assert "<del>T1</del> <ins>T2</ins>" in text


def test_cells_of_a_preview_are_escaped(boss: Client) -> None:
    import_rows("products", [PRODUCT])
    bad = "<script>alert(1)</script>"
    text = upload(boss, HEADER + f",{bad},name,T\n,BC14,part_number,{bad}\n").content.decode()
    assert bad not in text
    assert "&lt;script&gt;" in text


def test_bad_rows_are_shown_with_their_line_and_cannot_be_confirmed(boss: Client) -> None:
    preview = upload(boss, HEADER + "\n,BC14,name,T1\n,BC15,sku,T1\n")
    assert "confirm_form" not in preview.context
    assert [line for line, _ in preview.context["problems"]] == [4]
    assert "“sku” is unknown" in preview.content.decode()


def test_an_unknown_column_is_shown_by_name(boss: Client) -> None:
    assert "Unknown column “x”" in upload(boss, "x," + HEADER + "1,,A,name,T\n").content.decode()


def test_rows_changed_between_preview_and_confirmation_are_told_and_nothing_is_imported(
    boss: Client, north: Storefront
) -> None:
    preview = upload(boss, HEADER + ",BC14,name,T1\nNorth,BC14,name,T1\n")
    north.delete()
    text = confirm(boss, preview).content.decode()
    assert "there is no storefront named “North”" in text
    assert "Nothing was imported." in text
    assert not ProductMapping.objects.exists()


def test_an_upload_is_gone_after_its_confirmation(boss: Client) -> None:
    preview = upload(boss, HEADER + ",BC14,name,T1\n")
    confirm(boss, preview)
    assert not ImportUpload.objects.exists()
    assert "Upload it again." in confirm(boss, preview).content.decode()


def test_uploads_nobody_confirmed_are_cleared_away(boss: Client) -> None:
    upload(boss, HEADER + ",BC14,name,T1\n")
    ImportUpload.objects.update(created_at=timezone.now() - 2 * RETENTION)
    upload(boss, HEADER + ",BC15,name,T1\n")
    assert ImportUpload.objects.count() == 1


def test_an_unreadable_file_is_told_in_words(boss: Client) -> None:
    assert "The file is not a spreadsheet" in upload(boss, b"storefront\n\0\1").content.decode()


def test_a_file_too_long_for_the_portal_is_told_in_words(
    boss: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin_import, "UPLOAD_ROWS", 1)
    text = upload(boss, HEADER + ",A,name,T\n,B,name,T\n").content.decode()
    assert "The file has more than 1 rows; at most 1 can be read" in text


# --- export


@pytest.mark.parametrize("format", [CSV, XLSX])
@EACH_KIND
def test_each_kind_is_exported(boss: Client, kind: str, format: str) -> None:
    import_rows(kind, [EXAMPLES[kind]])
    answer = boss.post(page(kind, "export"), {"format": format, "resource": ""})
    assert "attachment" in answer["Content-Disposition"]
    if format == CSV:
        assert answer.content.decode().splitlines()[0] == ",".join(KINDS[kind].columns)


def test_an_export_holds_what_the_list_was_filtered_by(boss: Client, north: Storefront) -> None:
    import_rows("products", [PRODUCT, {**PRODUCT, "storefront": "North"}])
    address = page("products", "export") + f"?for={north.pk}"
    lines = boss.post(address, {"format": CSV, "resource": ""}).content.decode().splitlines()
    assert lines[1:] == ["North,BC14,part_number,T1"]


def test_the_history_of_a_row_names_its_codes(boss: Client) -> None:
    storefront = make_storefront()
    ReferenceEntry.objects.create(
        server=storefront.pace_server,
        kind="ship_via",
        key="5013",
        label="UPS Next Day Air",
        seen_at=timezone.now(),
    )
    data = {"storefront": storefront.pk, "pressero_method": "Overnight", "ship_via": "5013"}
    boss.post(reverse("admin:mappings_shipmentmethodmapping_add"), data)
    row = ShipmentMethodMapping.objects.get()
    html = boss.get(reverse("admin:mappings_shipmentmethodmapping_history", args=[row.pk])).content.decode()
    assert "<ins>5013 UPS Next Day Air</ins>" in html
    changes = boss.get(reverse("admin:mappings_mappingchange_changelist")).content.decode()
    assert "Ship via <del></del> <ins>5013 UPS Next Day Air</ins>" in changes
    assert "ship via 5013 UPS Next Day Air</" in " ".join(changes.split()).replace(" </", "</")
    entry = reverse("admin:mappings_mappingchange_change", args=[MappingChange.objects.get().pk])
    assert "<ins>5013 UPS Next Day Air</ins>" in boss.get(entry).content.decode()


def test_a_list_of_many_changes_costs_no_more_queries(
    boss: Client, django_assert_max_num_queries: Any
) -> None:
    def asked(methods: str) -> int:
        for name in methods:
            row = {"pressero_method": name, "ship_via": f"50{ord(name)}"}
            boss.post(reverse("admin:mappings_shipmentmethodmapping_add"), row)
        with django_assert_max_num_queries(16) as queries:
            boss.get(reverse("admin:mappings_mappingchange_changelist"))
        return len(queries)

    few = asked("AB")
    assert asked("CDEFGH") <= few


def test_the_history_of_a_field_rule_shows_the_template_before_and_after(boss: Client) -> None:
    data = {"object": "job", "pace_field": "csr", "value": "7", "mode": "set", "priority": "100"}
    boss.post(reverse("admin:mappings_fieldrule_add"), data)
    rule = FieldRule.objects.get()
    boss.post(
        reverse("admin:mappings_fieldrule_change", args=[rule.pk]), {**data, "value": "{{ order.number }}"}
    )
    html = boss.get(reverse("admin:mappings_fieldrule_history", args=[rule.pk])).content.decode()
    assert "<del>7</del>" in html
    assert "<ins>{{ order.number }}</ins>" in html
