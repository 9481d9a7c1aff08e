"""The whole configuration as one file: `hub_config export` and `hub_config import` (docs/mappings.md §5)."""

import io
import json
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from integrations.models import (
    AlertChannel,
    AuditEntry,
    PaceServer,
    PresseroAccount,
    Storefront,
    Subscription,
)
from integrations.operations.setup.configuration import (
    ConfigurationError,
    export_configuration,
    import_configuration,
)
from mappings.models import ProductMapping, ShipmentMethodMapping
from mappings.resources import KINDS

pytestmark = pytest.mark.django_db

SECRETS = {"password": "pässword-1", "security_key": "key-2\"'", "push_token": "fernet:token-3"}
SECRETS["url"] = "json://chat.example.com/secret-path"
SECRETS["secret"] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
Data = dict[str, Any]


def whole() -> Data:
    """A configuration with something in every key."""
    return {
        "pressero_accounts": [
            {
                "name": "Main account", "slug": "main", "base_url": "https://admin.chi.v6.pressero.com/api/",
                "username": "hub", "password": SECRETS["password"], "subscriber_id": "s-1", "consumer_id": "c-1",
                "security_key": SECRETS["security_key"], "hash_scheme": "body+key:b64", "active": False,
            }
        ],
        "pace_servers": [
            {
                "name": "Plant", "slug": "plant", "url": "https://pace.example.com", "username": "hub",
                "password": SECRETS["password"], "time_zone": "America/Chicago",
                "alert_emails": ["staff@example.com"], "push_token": SECRETS["push_token"],
                "default_ship_via": 5010, "job_type": 3, "admin_status": "O", "job_order_type": "Web",
                "shipment_type": 2, "retry_hours": 12, "quiet_seconds": 90, "customer_defaults": {"terms": 1},
                "contact_defaults": {"active": True}, "home_country": "CA", "date_times": "local",
                "web_order_ids": False, "max_concurrent_orders": 3, "max_calls_per_second": 7,
                "job_link": "https://pace.example.com/job/{job}", "active": False,
            }
        ],
        "storefronts": [
            {
                "name": "Shop “Ünï”", "site_id": "05000000-0000-4000-8000-000000000042",
                "pressero_account": "main", "pace_server": "plant", "integration_id": "CU1",
                "wait_for_approval": True, "one_job_per_item": True, "override_file_name": True,
                "override_job_name": True, "skip_holidays": True, "holiday_rule": "count_working_days",
                "holiday_country": "DE", "holiday_subdivision": "BY", "default_ship_days": 4,
                "default_po_number": "PO", "job_type": 5, "admin_status": "P", "default_ship_via": 5011,
                "default_account_number": "A-1", "create_missing_customers": False, "fallback_contact": 9,
                "cancelled_stage": "st-1", "alert_emails": ["shop@example.com"], "mode": "shadow",
                "take_orders_from": "2026-05-04T08:00:00+00:00", "active": False,
            }
        ],
        "products": [
            {"storefront": "", "product": "=Poster", "match": "name", "item_template": "POSTER"},
            {"storefront": "Shop “Ünï”", "product": "p-1", "match": "id", "item_template": "CARD"},
        ],
        "shipment_methods": [
            {"storefront": "", "pressero_method": "Ground", "ship_via": 5010, "account_number": ""},
            {"storefront": "Shop “Ünï”", "pressero_method": "Ground", "ship_via": 5012, "account_number": "00123"},
        ],
        "shipment_addresses": [
            {
                "storefront": "", "business": "North", "address1": "", "city": "Peoria", "state": "", "postal": "01234",
                "country": "", "ship_via": 5012, "account_number": "N-7",
            }
        ],
        "statuses": [
            {
                "storefront": "", "level": "job", "pace_status": "S", "workflow": "", "pressero_stage": "st-2",
                "note": "Shipped",
            }
        ],
        "holidays": [{"storefront": "", "date": "2026-12-24", "name": "Christmas Eve", "every_year": "yes"}],
        "fields": [
            {
                "storefront": "", "object": "job", "pace_field": "csr", "priority": 10, "when": "",
                "value": '{{ buyer.department | lookup: "CSR" }}', "mode": "set", "required": "yes",
            },
            {
                "storefront": "Shop “Ünï”", "object": "part", "pace_field": "u_center", "priority": 100,
                "when": "item.quantity > 5", "value": '{{ item.form["Cost center"] }}\n=1', "mode": "append",
                "required": "no",
            },
        ],
        "values": [{"table": "CSR", "original": "*", "replacement": "=7"}],
        "alert_channels": [
            {
                "name": "Chat", "url": SECRETS["url"], "storefronts": ["Shop “Ünï”"],
                "kinds": ["needs_attention", "connection_down"], "quiet_from": "22:00", "quiet_until": "06:30",
                "repeat_hours": 4, "active": False,
            }
        ],
        "subscriptions": [
            {
                "name": "ERP", "url": "https://erp.example.com/hooks/orders", "secret": SECRETS["secret"],
                "events": ["order.submitted", "order.completed"], "active": False,
            }
        ],
    }  # fmt: skip


def forget_everything() -> None:
    for kind in KINDS.values():
        kind.model._default_manager.all().delete()
    for model in (Storefront, PaceServer, PresseroAccount, Subscription, AlertChannel):
        model._default_manager.all().delete()


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("hub_config", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def write(content: Any = None) -> Path:
        path = tmp_path / "hub.json"
        text = content if isinstance(content, str) else json.dumps(whole() if content is None else content)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def reasons_of(data: Any) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        import_configuration(data)
    return caught.value.reasons


# --- the round trip -------------------------------------------------------------------------------------------


def test_a_round_trip_through_an_empty_database_gives_the_same_bytes(
    tmp_path: Path, file: Callable[..., Path]
) -> None:
    run("import", str(file()))
    run("export", str(tmp_path / "one.json"), "--with-secrets")
    forget_everything()
    run("import", str(tmp_path / "one.json"))
    run("export", str(tmp_path / "two.json"), "--with-secrets")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_an_export_holds_exactly_what_was_imported() -> None:
    import_configuration(whole())
    assert export_configuration(with_secrets=True) == whole()


def test_the_keys_stand_in_the_contracts_order(file: Callable[..., Path]) -> None:
    import_configuration(whole())
    exported = json.loads(run("export", "-", "--with-secrets"))
    assert list(exported) == list(whole())
    for name, rows in whole().items():
        assert list(exported[name][0]) == list(rows[0])


def test_an_empty_hub_exports_empty_lists() -> None:
    assert export_configuration() == {name: [] for name in whole()}


def test_a_second_identical_import_changes_nothing(file: Callable[..., Path]) -> None:
    path = str(file())
    run("import", path)
    secrets = PaceServer.objects.get().password.stored
    assert run("import", path).splitlines() == ["0 changes made, 15 entries left as they are."]
    assert PaceServer.objects.get().password.stored == secrets


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "hub.json").write_text(json.dumps(whole()), encoding="utf-8-sig")
    run("import", str(tmp_path / "hub.json"))
    assert Storefront.objects.exists()


# --- defaults -------------------------------------------------------------------------------------------------

MINIMAL: Data = {
    "pressero_accounts": [{"name": "A", "slug": "a", "base_url": "https://pressero.example.com/api/"}],
    "pace_servers": [{"name": "P", "slug": "p", "url": "http://pace"}],
    "storefronts": [{"name": "S", "site_id": "s", "pressero_account": "a", "pace_server": "p"}],
}
DEFAULTS: Data = {
    "pressero_accounts": {
        "username": "", "password": "", "subscriber_id": "", "consumer_id": "", "security_key": "",
        "hash_scheme": "auto", "active": True,
    },
    "pace_servers": {
        "username": "", "password": "", "time_zone": "America/New_York", "alert_emails": [], "push_token": "",
        "default_ship_via": None, "job_type": None, "admin_status": "", "job_order_type": "", "shipment_type": None,
        "retry_hours": 24, "quiet_seconds": 60, "customer_defaults": {}, "contact_defaults": {}, "home_country": "",
        "date_times": "utc", "web_order_ids": True, "max_concurrent_orders": 0, "max_calls_per_second": 0, "job_link": "",
        "active": True,
    },
    "storefronts": {
        "integration_id": "", "wait_for_approval": False, "one_job_per_item": False, "override_file_name": False,
        "override_job_name": False, "skip_holidays": False, "holiday_rule": "roll_forward", "holiday_country": "US",
        "holiday_subdivision": "", "default_ship_days": 0, "default_po_number": "9999", "job_type": None,
        "admin_status": "", "default_ship_via": None, "default_account_number": "", "create_missing_customers": True,
        "fallback_contact": None, "cancelled_stage": "", "alert_emails": [], "mode": "live",
        "take_orders_from": None, "active": True,
    },
}  # fmt: skip


@pytest.mark.parametrize("section", list(MINIMAL))
def test_missing_keys_take_the_contracts_defaults(section: str) -> None:
    import_configuration(MINIMAL)
    [row] = export_configuration(with_secrets=True)[section]
    assert row == MINIMAL[section][0] | DEFAULTS[section]


def test_a_key_that_is_missing_goes_back_to_its_default() -> None:
    import_configuration(MINIMAL)
    PaceServer.objects.update(retry_hours=5)
    import_configuration(MINIMAL)
    assert PaceServer.objects.get().retry_hours == 24


def test_a_section_that_is_missing_stays_as_it_is() -> None:
    import_configuration(whole())
    import_configuration({"pace_servers": whole()["pace_servers"]})
    assert export_configuration(with_secrets=True) == whole()


def test_rows_that_are_missing_are_not_deleted() -> None:
    import_configuration(whole())
    import_configuration({name: [] for name in whole()})
    assert export_configuration(with_secrets=True) == whole()


@pytest.mark.parametrize("ship_via", [5010, "5010"])
def test_a_ship_via_is_a_number_or_its_text(ship_via: object) -> None:
    import_configuration(
        MINIMAL
        | {"shipment_methods": [{"pressero_method": "Ground", "ship_via": ship_via}]}
        | {"pace_servers": [MINIMAL["pace_servers"][0] | {"default_ship_via": ship_via}]}
    )
    assert PaceServer.objects.get().default_ship_via == 5010
    assert ShipmentMethodMapping.objects.get().ship_via == 5010


# --- natural keys ---------------------------------------------------------------------------------------------


def test_servers_and_accounts_are_updated_by_their_slug() -> None:
    import_configuration(MINIMAL)
    import_configuration({"pace_servers": [MINIMAL["pace_servers"][0] | {"name": "Renamed"}]})
    assert PaceServer.objects.get().name == "Renamed"


def test_storefronts_are_updated_by_their_name() -> None:
    import_configuration(MINIMAL)
    import_configuration({"storefronts": [MINIMAL["storefronts"][0] | {"site_id": "other"}]})
    assert Storefront.objects.get().site_id == "other"


def test_mapping_rows_are_updated_by_their_columns_up_to_the_answer() -> None:
    row = {"storefront": "", "product": "Poster", "match": "name", "item_template": "ONE"}
    import_configuration({"products": [row]})
    import_configuration({"products": [row | {"item_template": "TWO"}]})
    assert ProductMapping.objects.get().item_template == "TWO"


# --- errors ---------------------------------------------------------------------------------------------------


def changed(section: str, **values: Any) -> Data:
    data = whole()
    data[section][0] = {**data[section][0], **values}
    return data


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (whole() | {"printers": []}, "printers: unknown key"),
        (changed("pressero_accounts", pasword="x"), "pressero_accounts[0].pasword: unknown key"),
        (changed("storefronts", Name="x"), "storefronts[0].Name: unknown key"),
        (changed("storefronts", detected_hash_scheme="x"), "storefronts[0].detected_hash_scheme: unknown key"),
        (changed("products", template="x"), "products[0]: Unknown column “template”"),
        (changed("storefronts", pace_server="nowhere"), "storefronts[0].pace_server: there is no Pace server with the slug “nowhere”"),
        (changed("storefronts", pressero_account=None), "storefronts[0].pressero_account: there is no Pressero account"),
        (changed("products", storefront="Nobody"), "products[0]: storefront: there is no storefront named “Nobody”"),
        (changed("pace_servers", slug=""), "pace_servers[0].slug: is required"),
        (changed("pace_servers", slug=7), "pace_servers[0].slug: is required"),
        (changed("pace_servers", name=""), "pace_servers[0].name: "),
        (changed("pace_servers", url="ftp://x"), "pace_servers[0].url: "),
        (changed("pace_servers", alert_emails="staff@example.com"), "pace_servers[0].alert_emails: "),
        (changed("pace_servers", alert_emails=None), "pace_servers[0].alert_emails: must be a list"),
        (changed("pace_servers", customer_defaults=None), "pace_servers[0].customer_defaults: must be an object"),
        (changed("storefronts", alert_emails=""), "storefronts[0].alert_emails: must be a list"),
        (changed("pace_servers", contact_defaults=[]), "pace_servers[0].contact_defaults: must be an object"),
        (changed("storefronts", holiday_rule=None), "storefronts[0].holiday_rule: "),
        (changed("pace_servers", alert_emails=["nobody"]), "pace_servers[0].alert_emails: "),
        (changed("pace_servers", retry_hours=0), "pace_servers[0].retry_hours: "),
        (changed("pace_servers", retry_hours=1.5), "pace_servers[0].retry_hours: must be a whole number"),
        (changed("pace_servers", retry_hours=True), "pace_servers[0].retry_hours: must be a whole number"),
        (changed("pace_servers", retry_hours=None), "pace_servers[0].retry_hours: "),
        (changed("pace_servers", retry_hours=10**30), "pace_servers[0].retry_hours: "),
        (changed("pace_servers", retry_hours=[1]), "pace_servers[0].retry_hours: "),
        (changed("pace_servers", customer_defaults={"a": {"b": 1}}), "pace_servers[0].customer_defaults: "),
        (changed("pace_servers", password=5), "pace_servers[0].password: must be a text"),
        (changed("pace_servers", active="yes"), "pace_servers[0].active: must be true or false"),
        (changed("pressero_accounts", hash_scheme="md5"), "pressero_accounts[0].hash_scheme: "),
        (changed("pace_servers", date_times="gmt"), "pace_servers[0].date_times: "),
        (changed("pace_servers", web_order_ids="yes"), "pace_servers[0].web_order_ids: must be true or false"),
        (changed("pace_servers", max_calls_per_second=-1), "pace_servers[0].max_calls_per_second: "),
        (changed("pace_servers", job_link="https://pace.example.com/"), "pace_servers[0].job_link: Write {job}"),
        (changed("storefronts", holiday_rule="never"), "storefronts[0].holiday_rule: "),
        (changed("storefronts", name=["x"]), "storefronts[0].name: is required"),
        (changed("storefronts", default_po_number=9999), "storefronts[0].default_po_number: must be a text"),
        (changed("shipment_methods", ship_via="fast"), "shipment_methods[0]: ship_via: "),
        (changed("holidays", date="Christmas"), "holidays[0]: date: "),
        (changed("holidays", every_year="maybe"), "holidays[0]: every_year: "),
        (changed("subscriptions", url="http://erp.example.com/"), "subscriptions[0].url: Use https://."),
        (changed("subscriptions", secret="hunter2"), "subscriptions[0].secret: The secret must be whsec_"),
        (changed("subscriptions", events=["order.lost"]), "subscriptions[0].events: Unknown event “order.lost”."),
        (changed("alert_channels", url="syslog://"), "alert_channels[0].url: syslog:// stays on the hub's own machine"),
        (changed("alert_channels", storefronts=["None"]), "alert_channels[0].storefronts: there is no storefront “None”"),
        (changed("alert_channels", kinds=["gossip"]), "alert_channels[0].kinds: Unknown kind “gossip”."),
        (changed("alert_channels", quiet_from="10 PM"), "alert_channels[0].quiet_from: must be a time of day, such as 22:00"),
        (changed("alert_channels", quiet_until=7), "alert_channels[0].quiet_until: must be a time of day, such as 22:00"),
        (changed("alert_channels", quiet_until="07:00Z"), "alert_channels[0].quiet_until: must be a time of day"),
        (changed("alert_channels", quiet_until=None), "alert_channels[0].quiet_until: Quiet hours need a beginning and an end."),
        (changed("alert_channels", repeat_hours=-1), "alert_channels[0].repeat_hours: "),
        (whole() | {"storefronts": {}}, "storefronts: must be a list"),
        (whole() | {"storefronts": ["x"]}, "storefronts[0]: must be an object"),
        (whole() | {"products": ["x"]}, "products[0]: must be an object"),
        ([], "The file must hold one JSON object."),
        (None, "The file must hold one JSON object."),
        (changed("storefronts", name="a\x00b"), "storefronts[0].name: holds a character that no text may hold"),
        (changed("pace_servers", slug="\x00"), "pace_servers[0].slug: holds a character that no text may hold"),
        (changed("pace_servers", alert_emails=["\ud800"]), "pace_servers[0].alert_emails: holds a character"),
        (changed("pace_servers", customer_defaults={"\x00": 1}), "pace_servers[0].customer_defaults: holds a character"),
        (changed("pace_servers", password="\udfff"), "pace_servers[0].password: holds a character"),
        (changed("products", product="a\x00"), "products[0].product: holds a character"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place_and_nothing_is_imported(data: Any, reason: str) -> None:
    assert any(found.startswith(reason) for found in reasons_of(data)), reasons_of(data)
    assert export_configuration() == {name: [] for name in whole()}


def test_an_unknown_time_zone_is_named_with_its_place() -> None:
    assert reasons_of(changed("pace_servers", time_zone="Mars/Olympus"))[0].startswith(
        "pace_servers[0].time_zone: "
    )


def test_all_faults_of_a_file_are_named_at_once() -> None:
    data = changed("pace_servers", retry_hours=0, time_zone="no/../where")
    data["pressero_accounts"][0]["hash_scheme"] = "md5"
    places = {reason.split(":")[0] for reason in reasons_of(data)}
    assert places >= {
        "pace_servers[0].retry_hours",
        "pace_servers[0].time_zone",
        "pressero_accounts[0].hash_scheme",
    }


def test_the_same_natural_key_twice_is_a_fault() -> None:
    data = whole()
    data["pace_servers"].append({**data["pace_servers"][0], "name": "Another"})
    assert reasons_of(data) == ["pace_servers[1].slug: “plant” appears twice"]


def test_a_second_account_of_the_same_subscription_is_a_fault() -> None:
    data = whole()
    data["pressero_accounts"].append({**data["pressero_accounts"][0], "slug": "second", "name": "Second"})
    [reason] = reasons_of(data)
    assert "already served by the account “Main account”" in reason


def test_a_second_storefront_of_the_same_site_is_a_fault() -> None:
    data = whole()
    other = {"slug": "second", "name": "Second", "subscriber_id": "s-2"}
    data["pressero_accounts"].append({**data["pressero_accounts"][0], **other})
    data["storefronts"].append({**data["storefronts"][0], "name": "Twin", "pressero_account": "second"})
    [reason] = reasons_of(data)
    assert "already served by the storefront “Shop “Ünï””" in reason


def test_a_fault_in_the_last_section_takes_everything_back() -> None:
    reasons_of(changed("holidays", date="Christmas"))
    assert not PresseroAccount.objects.exists()
    assert not AuditEntry.objects.exists()


def test_secrets_are_not_part_of_a_reason() -> None:
    data = changed("pace_servers", retry_hours=0, username=5)
    assert not any(secret in str(reasons_of(data)) for secret in SECRETS.values())


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None, exclude_categories=())),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=5,
)
places = st.sampled_from([(name, key) for name, rows in whole().items() for key in rows[0]])


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=places, value=json_values)
def test_whatever_a_file_holds_is_imported_or_refused_with_a_reason(
    place: tuple[str, str], value: Any
) -> None:
    section, key = place
    try:
        import_configuration(changed(section, **{key: value}), dry_run=True)
    except ConfigurationError as error:
        assert error.reasons


# --- the command ----------------------------------------------------------------------------------------------


def test_an_import_prints_what_changed(file: Callable[..., Path]) -> None:
    printed = run("import", str(file())).splitlines()
    assert "  Pace server “Plant” created" in printed
    assert "  Pressero account “Main account” created" in printed
    assert any(line.startswith("  products: added: ") for line in printed)
    assert printed[-1] == "15 changes made, 0 entries left as they are."


def test_an_update_prints_the_names_of_what_changed(file: Callable[..., Path]) -> None:
    run("import", str(file()))
    printed = run("import", str(file(changed("pace_servers", retry_hours=5, password="another-secret"))))
    assert "  Pace server “Plant” changed: password, retry_hours" in printed.splitlines()
    assert "another-secret" not in printed


def test_a_dry_run_prints_what_would_change_and_changes_nothing(file: Callable[..., Path]) -> None:
    printed = run("import", str(file()), "--dry-run").splitlines()
    assert "  Pace server “Plant” created" in printed
    assert printed[-1] == "15 changes would be made, 0 entries would be left as they are."
    assert export_configuration() == {name: [] for name in whole()}
    assert not AuditEntry.objects.exists()


def test_a_fault_is_a_command_error_with_every_reason(file: Callable[..., Path]) -> None:
    path = file(changed("pace_servers", retry_hours=0, quiet_seconds=-1))
    with pytest.raises(CommandError, match=r"(?s)Nothing was imported.*retry_hours.*quiet_seconds"):
        run("import", str(path))


@pytest.mark.usefixtures("stack_used_up")
@pytest.mark.parametrize("text", ["", "{", "\x00", "[" * 100_000, '{"a": ' * 50_000])
def test_a_file_that_is_no_json_is_a_command_error(file: Callable[..., Path], text: str) -> None:
    with pytest.raises(CommandError, match="is not JSON"):
        run("import", str(file(text)))


def test_a_file_that_is_no_text_is_a_command_error(tmp_path: Path) -> None:
    (tmp_path / "hub.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CommandError, match="is not JSON"):
        run("import", str(tmp_path / "hub.json"))


def test_a_file_that_is_not_there_is_a_command_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        run("import", str(tmp_path / "nothing.json"))


def test_a_file_that_cannot_be_written_is_a_command_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written: No such file"):
        run("export", str(tmp_path / "nowhere" / "hub.json"))


def test_an_import_is_told_in_the_audit_log(file: Callable[..., Path]) -> None:
    run("import", str(file()))
    [entry] = AuditEntry.objects.filter(type="config.imported")
    assert entry.data == {"sentence": "15 changes."}


# --- secrets --------------------------------------------------------------------------------------------------


def holds_a_secret(text: str) -> bool:
    return any(secret in text or json.dumps(secret)[1:-1] in text for secret in SECRETS.values())


def test_an_export_holds_no_secret_unless_asked_for() -> None:
    import_configuration(whole())
    assert not holds_a_secret(run("export", "-"))
    exported = export_configuration()
    assert (exported["pace_servers"][0]["password"], exported["pace_servers"][0]["push_token"]) == ("", "")


def test_an_export_with_secrets_holds_them(tmp_path: Path) -> None:
    import_configuration(whole())
    run("export", str(tmp_path / "hub.json"), "--with-secrets")
    exported = json.loads((tmp_path / "hub.json").read_text(encoding="utf-8"))
    assert exported["pressero_accounts"][0]["security_key"] == SECRETS["security_key"]


@pytest.mark.parametrize("options", [(), ("--with-secrets",)])
def test_the_file_can_be_read_by_its_owner_alone(tmp_path: Path, options: tuple[str, ...]) -> None:
    path = tmp_path / "hub.json"
    run("export", str(path), *options)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_was_there_before_is_closed_to_others_too(tmp_path: Path) -> None:
    path = tmp_path / "hub.json"
    path.write_text("{}")
    path.chmod(0o644)
    run("export", str(path), "--with-secrets")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_without_secrets_leaves_stored_secrets_as_they_are() -> None:
    import_configuration(whole())
    without = export_configuration()
    for row in without["pace_servers"]:
        del row["push_token"]
    changes = import_configuration(without)
    assert changes.sentences == []
    assert export_configuration(with_secrets=True) == whole()


def test_no_secret_is_printed_or_audited_by_an_import(file: Callable[..., Path]) -> None:
    printed = run("import", str(file()))
    printed += run("import", str(file(changed("pace_servers", password="another-secret"))))
    audited = json.dumps(list(AuditEntry.objects.values_list("data", flat=True)))
    assert not holds_a_secret(printed + audited)
    assert "another-secret" not in printed + audited


def test_stored_secrets_that_cannot_be_read_are_replaced_by_those_of_the_file(settings: LazySettings) -> None:
    import_configuration(whole())
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode()]
    import_configuration(whole())
    assert PaceServer.objects.get().password.reveal() == SECRETS["password"]


def test_secrets_that_cannot_be_read_cannot_be_exported_and_the_sentence_says_why(
    tmp_path: Path, settings: LazySettings
) -> None:
    import_configuration(whole())
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(CommandError, match="CREDENTIALS_KEY"):
        run("export", str(tmp_path / "hub.json"), "--with-secrets")
    assert not (tmp_path / "hub.json").exists()


def test_the_plain_secret_is_nowhere_in_the_database() -> None:
    import_configuration(whole())
    account = PresseroAccount.objects.get()
    assert re.match(r"fernet:", account.password.stored)
    assert SECRETS["password"] not in account.password.stored
