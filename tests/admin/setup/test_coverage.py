"""The desk: drop-downs, warnings, history, filters, coverage, the page of a storefront, the configuration file."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ

from integrations.clients.pace.choices import PaceListChoice
from integrations.models import AuditEntry, PaceServer, Storefront
from integrations.operations.setup import reference
from integrations.operations.setup.configuration import as_file, export_configuration
from integrations.orders.submission.steps import money_as_text
from mappings.models import (
    FieldRule,
    ImportUpload,
    MappingChange,
    ProductMapping,
    ShipmentMethodMapping,
    StatusMapping,
    TableValue,
)
from mappings.resources import import_rows
from tests.clients.payloads import payload
from tests.conftest import Hub
from tests.factories import make_order, make_storefront

pytestmark = pytest.mark.django_db

SHIP_VIAS = [
    PaceListChoice("5010", "FedEx Ground", extra={"provider": "FedEx"}),
    PaceListChoice("5012", "UPS Ground"),
]


@pytest.fixture
def shop(db: None) -> Storefront:
    storefront = make_storefront(name="Shop")
    reference.store(storefront.pace_server, "ship_via", [*SHIP_VIAS, PaceListChoice("5099", "Mule")])
    reference.store(storefront.pace_server, "ship_via", SHIP_VIAS)
    return storefront


def page(model: type[Any], kind: str, *arguments: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{kind}", args=arguments)


# --- drop-downs and warnings --------------------------------------------------------------------------------------


def test_what_is_offered(boss: Client, shop: Storefront) -> None:
    url = reverse("reference-choices", args=["ship_via"])
    answer = boss.get(url, {"q": "fed", "storefront": shop.pk}).json()
    assert answer == {"results": [{"value": "5010", "label": "FedEx Ground", "detail": "FedEx"}], "note": ""}
    assert "You can use it anyway" in boss.get(url, {"q": "pigeon"}).json()["note"]
    assert "not read yet" in boss.get(reverse("reference-choices", args=["item_template"])).json()["note"]
    assert boss.get(reverse("reference-choices", args=["nonsense"])).status_code == 404


def test_what_codes_are_called(boss: Client, shop: Storefront) -> None:
    url = reverse("reference-choices", args=["ship_via"])
    answer = boss.get(url, {"code": ["5010", "5099", "5011"], "storefront": shop.pk}).json()["codes"]
    assert answer == {
        "5010": {"text": "FedEx Ground", "stale": False},
        "5099": {"text": "Mule: deleted in its system", "stale": True},
        "5011": {"text": "not in the list: did you mean 5010 FedEx Ground?", "stale": True},
    }


@pytest.mark.parametrize("bad", ["x", "9" * 30, "-1", "1.5", "²"])
def test_odd_numbers_do_no_harm(boss: Client, shop: Storefront, bad: str) -> None:
    url = reverse("reference-choices", args=["ship_via"])
    for name in ("storefront", "server", "account"):
        assert boss.get(url, {"q": "", name: bad}).status_code == 200
        assert boss.get(url, {"code": "1", name: bad}).status_code == 200


def test_forms_offer_the_lists_and_work_as_plain_text_boxes(boss: Client, shop: Storefront) -> None:
    html = boss.get(page(ShipmentMethodMapping, "add")).content.decode()
    assert 'data-hub-choices="/admin/reference/ship_via/"' in html
    assert "hub/choices.js" in html
    data = {"storefront": shop.pk, "pressero_method": "Ground", "ship_via": "5010", "account_number": ""}
    assert boss.post(page(ShipmentMethodMapping, "add"), data).status_code == 302
    assert ShipmentMethodMapping.objects.get().ship_via == 5010


def test_an_unknown_code_is_saved_with_a_warning(boss: Client, shop: Storefront) -> None:
    data = {"storefront": shop.pk, "pressero_method": "Ground", "ship_via": "5011", "account_number": ""}
    answer = boss.post(page(ShipmentMethodMapping, "add"), data, follow=True).content.decode()
    assert "Unknown ship via 5011: did you mean 5010 FedEx Ground?" in answer
    assert ShipmentMethodMapping.objects.get().ship_via == 5011


def test_settings_with_unknown_codes_are_saved_with_a_warning(boss: Client, shop: Storefront) -> None:
    server = shop.pace_server
    form = boss.get(page(PaceServer, "change", server.pk)).context["adminform"].form
    data = {name: value for name, value in form.initial.items() if value is not None}
    data |= {"default_ship_via": "5011", "alert_emails": "", "customer_defaults": "", "contact_defaults": ""}
    data |= {"password": "", "push_token": ""}
    answer = boss.post(page(PaceServer, "change", server.pk), data, follow=True).content.decode()
    assert "did you mean 5010 FedEx Ground?" in answer


def test_an_import_suggests_what_was_meant_and_is_not_refused(boss: Client, shop: Storefront) -> None:
    file = SimpleUploadedFile(
        "m.csv", b"storefront,pressero_method,ship_via,account_number\nShop,Ground,5011,\n"
    )
    preview = boss.post(
        page(ShipmentMethodMapping, "import"), {"import_file": file, "format": "0", "resource": ""}
    )
    assert "Line 2: Unknown ship via 5011: did you mean 5010 FedEx Ground?" in preview.content.decode()
    assert "confirm_form" in preview.context


def test_the_command_suggests_too(
    shop: Storefront, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "m.csv"
    file.write_text("storefront,pressero_method,ship_via,account_number\nShop,Ground,5011,\n")
    call_command("mappings", "import", "shipment_methods", str(file))
    assert "line 2, not refused: Unknown ship via 5011" in capsys.readouterr().err
    assert ShipmentMethodMapping.objects.exists()


# --- filters ------------------------------------------------------------------------------------------------------


def test_rows_that_point_at_something_gone_or_unknown_are_found(boss: Client, shop: Storefront) -> None:
    for name, via in (("Known", 5010), ("Gone", 5099), ("Unknown", 4711)):
        ShipmentMethodMapping.objects.create(pressero_method=name, ship_via=via)
    ShipmentMethodMapping.objects.create(pressero_method="Mine", ship_via=5099, storefront=shop)
    ShipmentMethodMapping.objects.create(pressero_method="No via", account_number="1")
    url = page(ShipmentMethodMapping, "changelist")

    def shown(**query: str) -> set[str]:
        return {row.pressero_method for row in boss.get(url, query).context["cl"].result_list}

    assert shown(codes="gone") == {"Gone", "Mine"}
    assert shown(codes="unknown") == {"Unknown"}
    assert shown(codes="gone", **{"for": str(shop.pk)}) == {"Mine"}
    assert shown(empty="ship_via") == {"No via"}
    assert "No via" not in shown(empty="account_number")


# --- history ------------------------------------------------------------------------------------------------------


def test_every_way_of_changing_a_row_is_in_its_history(boss: Client, hub: Hub, tmp_path: Any) -> None:
    row = ShipmentMethodMapping.objects.get(pressero_method="Ground")
    data = {"storefront": "", "pressero_method": "Ground", "ship_via": "5012", "account_number": "A"}
    boss.post(page(ShipmentMethodMapping, "change", row.pk), data)
    file = tmp_path / "m.csv"
    file.write_text("storefront,pressero_method,ship_via,account_number\n,Ground,5013,A\n")
    call_command("mappings", "import", "shipment_methods", str(file))
    upload = SimpleUploadedFile(
        "m.csv", b"storefront,pressero_method,ship_via,account_number\n,ground,5014,A\n"
    )
    preview = boss.post(
        page(ShipmentMethodMapping, "import"), {"import_file": upload, "format": "0", "resource": ""}
    )
    confirm = {name: value or "" for name, value in preview.context["confirm_form"].initial.items()}
    boss.post(page(ShipmentMethodMapping, "process_import"), confirm)
    boss.post(page(ShipmentMethodMapping, "delete", row.pk), {"post": "yes"})
    entries = MappingChange.objects.filter(model="shipmentmethodmapping", row_id=row.pk).order_by("id")
    assert [(entry.what, entry.way) for entry in entries] == [
        ("added", "configuration"), ("changed", "form"), ("changed", "command"), ("changed", "file"), ("deleted", "form"),
    ]  # fmt: skip
    assert [entry.differences.get("ship_via") for entry in entries] == [
        ["", "5010"], ["5010", "5012"], ["5012", "5013"], ["5013", "5014"], ["5014", ""],
    ]  # fmt: skip
    assert entries[1].actor == "Robin Boss"
    assert "ground" in boss.get(page(MappingChange, "changelist")).content.decode()


def test_a_rehearsal_and_a_refused_file_leave_no_history() -> None:
    good = {"storefront": "", "product": "A", "match": "name", "item_template": "T"}
    import_rows("products", [good], dry_run=True)
    import_rows("products", [good, {**good, "product": ""}])
    assert not MappingChange.objects.exists()


def test_editing_in_the_list_is_in_the_history(boss: Client) -> None:
    row = ShipmentMethodMapping.objects.create(pressero_method="Ground", ship_via=1)
    data = {
        "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": str(row.pk), "form-0-ship_via": "9",
        "form-0-account_number": "", "_save": "Save",
    }  # fmt: skip
    boss.post(page(ShipmentMethodMapping, "changelist"), data)
    assert MappingChange.objects.get().differences == {"ship_via": ["1", "9"]}
    text = boss.get(page(ShipmentMethodMapping, "history", row.pk)).content.decode()
    assert "<del>1</del> → <ins>9</ins>" in text


# --- coverage and trying ------------------------------------------------------------------------------------------


def test_a_gap_leads_to_a_new_row_that_is_filled_in(boss: Client, hub: Hub) -> None:
    reference.refresh_all()
    html = boss.get(reverse("mapping-coverage-of", args=[hub.storefront().pk])).content.decode()
    pk = hub.storefront().pk
    add = f"{page(ShipmentMethodMapping, 'add')}?storefront={pk}&pressero_method=Overnight"
    assert add.replace("&", "&amp;") in html
    form = boss.get(add).context["adminform"].form
    assert (form.initial["storefront"], form.initial["pressero_method"]) == (str(pk), "Overnight")


def test_an_order_that_stops_for_a_mapping_leads_to_the_coverage(boss: Client) -> None:
    order = make_order(
        status="needs_attention",
        failure_mode="config",
        cause="shipment_method:overnight",
        message="No ship via.",
    )
    html = boss.get(page(type(order), "change", order.pk)).content.decode()
    assert f"{reverse('mapping-coverage-of', args=[order.storefront_id])}#shipment_methods" in html
    assert f"storefront={order.storefront_id}&amp;pressero_method=overnight" in html


def test_which_storefront_is_asked_and_one_needs_no_asking(boss: Client, shop: Storefront) -> None:
    url = reverse("mapping-coverage")
    assert "Coverage of Shop" in boss.get(url).content.decode()
    make_storefront(name="Other")
    assert "Choose a storefront." in boss.get(url).content.decode()
    Storefront.objects.all().delete()
    assert "There is no storefront yet" in boss.get(url).content.decode()
    assert boss.get(reverse("mapping-coverage-of", args=[987654])).status_code == 404


def test_trying_in_the_portal(boss: Client, hub: Hub) -> None:
    reference.refresh_all()
    url = reverse("mapping-trial")
    assert "nothing is written" in boss.get(url).content.decode()
    query = {"storefront": hub.storefront().pk, "product_name": "Poster 18x24", "method_name": "Ground"}
    html = boss.get(url, query).content.decode()
    row = ProductMapping.objects.get(product="Poster 18x24")
    assert page(ProductMapping, "change", row.pk) in html
    assert "5010 FedEx Ground" in html
    assert (
        "Enter a product" in boss.get(url, {"storefront": hub.storefront().pk, "city": ""}).content.decode()
    )


# --- the page of a storefront, reading lists, discovering ---------------------------------------------------------


def test_a_storefront_says_what_it_still_needs(boss: Client, hub: Hub) -> None:
    url = page(Storefront, "change", hub.storefront().pk)
    summary = boss.get(url).context["summary"]
    done = {entry["step"].title: entry["step"].done for entry in summary["steps"]}
    assert not done["Sandbox Pace can be read"]
    assert list(done)[-1] == "A real order became a job"
    reference.refresh_all()
    html = boss.get(url)
    done = {entry["step"].title: entry["step"].done for entry in html.context["summary"]["steps"]}
    assert done["Sandbox Pace can be read"] and done["Pressero knows the site"]
    assert not done["Every shipping method has a ship via"]
    assert "send only the approved ones" in html.content.decode()


@pytest.mark.parametrize("model", [PaceServer, type(None)])
def test_lists_are_read_by_a_worker(
    boss: Client, shop: Storefront, model: Any, django_capture_on_commit_callbacks: Any
) -> None:
    connection = shop.pace_server if model is PaceServer else shop.pressero_account
    with django_capture_on_commit_callbacks(execute=True):
        answer = boss.post(page(type(connection), "read_lists", connection.pk), follow=True)
    assert "are being refreshed" in answer.content.decode()
    assert OrmQ.objects.get().func() == "integrations.tasks.refresh_reference_of"
    assert AuditEntry.objects.filter(type="reference.asked").exists()


def test_discovering_is_queued_and_needs_a_server(
    boss: Client, shop: Storefront, django_capture_on_commit_callbacks: Any
) -> None:
    url = page(type(shop.pressero_account), "discover", shop.pressero_account_id)
    with django_capture_on_commit_callbacks(execute=True):
        boss.post(url)
    assert OrmQ.objects.get().func() == "integrations.tasks.discover_storefronts"
    shop.delete()
    PaceServer.objects.all().delete()
    assert "Add one first" in boss.post(url, follow=True).content.decode()


# --- the configuration file ---------------------------------------------------------------------------------------


def upload(client: Client, text: str) -> Any:
    file = SimpleUploadedFile("hub.json", text.encode())
    return client.post(reverse("hub-configuration"), {"do": "upload", "file": file})


def test_the_file_is_downloaded_without_secrets_unless_asked_for(boss: Client, hub: Hub) -> None:
    url = reverse("hub-configuration")
    plain = boss.post(url, {"do": "download"}).content.decode()
    assert plain == as_file(export_configuration())
    assert hub.pace.password not in plain
    with_secrets = boss.post(url, {"do": "download", "secrets": "on"})
    assert hub.pace.password in with_secrets.content.decode()
    assert "no-store" in with_secrets["Cache-Control"]
    assert AuditEntry.objects.filter(type="config.exported").count() == 2


def test_an_upload_is_rehearsed_then_imported(boss: Client, hub: Hub) -> None:
    data = export_configuration()
    data["storefronts"][0]["default_ship_days"] = 9
    name = data["storefronts"][0]["name"]
    preview = upload(boss, as_file(data))
    text = preview.content.decode()
    assert f"storefront “{name}” changed: default_ship_days" in text
    assert Storefront.objects.get(name=name).default_ship_days != 9
    boss.post(reverse("hub-configuration"), {"do": "import", "upload": preview.context["upload"]})
    assert Storefront.objects.get(name=name).default_ship_days == 9
    again = boss.post(
        reverse("hub-configuration"), {"do": "import", "upload": preview.context["upload"]}, follow=True
    )
    assert "please upload the file again" in again.content.decode()


def test_a_waiting_upload_is_encrypted_and_not_in_the_page(boss: Client, hub: Hub) -> None:
    data = export_configuration(with_secrets=True)
    data["storefronts"][0]["default_ship_days"] = 9
    preview = upload(boss, as_file(data))
    assert hub.pace.password.encode() not in bytes(ImportUpload.objects.get().content)
    assert hub.pace.password not in preview.content.decode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "The file is not JSON"),
        ('{"storefront": []}', "storefront: unknown key"),
        ('{"storefronts": [{"name": "X", "pace_server": "nowhere"}]}', "storefronts[0].pace_server"),
    ],
)
def test_a_bad_file_is_told_with_its_places(boss: Client, text: str, said: str) -> None:
    answer = upload(boss, text).content.decode()
    assert said in answer
    assert not ImportUpload.objects.exists()


def test_a_file_that_changes_nothing_says_so(boss: Client, hub: Hub) -> None:
    answer = upload(boss, json.dumps(export_configuration())).content.decode()
    assert "entries are like that already" in answer


def test_a_status_row_offers_stages_of_its_workflow(boss: Client) -> None:
    row = StatusMapping.objects.create(level="job", pace_status="O", pressero_stage="1")
    html = boss.get(page(StatusMapping, "change", row.pk)).content.decode()
    assert 'data-hub-sends="storefront:storefront within:workflow"' in html


def test_the_coverage_page_shows_field_rules_and_what_value_tables_lack(
    boss: Client, shop: Storefront
) -> None:
    fetched = money_as_text(payload({"OrderedByDepartment": "Sales"}))
    make_order(number=10234, fetched=fetched, storefront=shop)
    TableValue.objects.create(table="CSR", original="Marketing", replacement="7")
    rule = FieldRule.objects.create(
        object="job",
        pace_field="csr",
        value='{{ buyer.department | lookup: "CSR" }}',
        required=True,
    )
    html = boss.get(reverse("mapping-coverage-of", args=[shop.pk])).content.decode()
    assert "stops 1 of the last 1 order: its value is required, and here it is empty" in html
    assert page(FieldRule, "change", rule.pk) in html
    add = f"{page(TableValue, 'add')}?table=CSR&original=Sales"
    assert add.replace("&", "&amp;") in html
    assert boss.get(add).context["adminform"].form.initial["original"] == "Sales"
