"""The sandbox Pressero's API as a client meets it: logging in, reference data, paths, pages."""

from collections.abc import Iterator

import pytest
import requests

from integrations.simulation.sandbox.pressero import ItemDraft, OrderDraft, PresseroSandbox
from integrations.simulation.sandbox.pressero.seed import CU_STORE, HEALTH_PORTAL

LOGIN = {
    "UserName": "hub-sandbox",
    "Password": "sandbox-pressero",
    "SubscriberId": "01000000-0000-4000-8000-000000000001",
    "ConsumerID": "02000000-0000-4000-8000-000000000002",
}


@pytest.fixture(scope="module")
def running() -> Iterator[PresseroSandbox]:
    with PresseroSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def pressero(running: PresseroSandbox) -> PresseroSandbox:
    running.reset()
    return running


@pytest.fixture
def api(pressero: PresseroSandbox) -> Iterator[requests.Session]:
    with requests.Session() as session:
        token = session.post(f"{pressero.base_url}V2/Authentication", json=LOGIN).json()["Token"]
        session.headers["Authorization"] = f"token {token}"
        yield session


class TestLoggingIn:
    def test_a_token_is_an_upper_case_guid(self, pressero: PresseroSandbox) -> None:
        token = requests.post(f"{pressero.base_url}V2/Authentication", json=LOGIN, timeout=10).json()["Token"]
        assert len(token) == 36
        assert token == token.upper()

    def test_the_keys_may_be_written_in_any_case(self, pressero: PresseroSandbox) -> None:
        body = {key.lower(): value for key, value in LOGIN.items()}
        assert (
            requests.post(f"{pressero.base_url}v2/authentication", json=body, timeout=10).status_code == 200
        )

    @pytest.mark.parametrize("key", sorted(LOGIN))
    def test_one_wrong_value_is_refused(self, pressero: PresseroSandbox, key: str) -> None:
        answer = requests.post(
            f"{pressero.base_url}V2/Authentication", json=LOGIN | {key: "wrong"}, timeout=10
        )
        assert answer.status_code == 401
        assert answer.json() == {"Message": "Invalid credentials."}

    def test_calls_without_a_token_are_refused(self, pressero: PresseroSandbox) -> None:
        answer = requests.get(f"{pressero.base_url}Workflows", timeout=10)
        assert answer.status_code == 401
        assert list(answer.json()) == ["Message"]

    def test_the_word_before_the_token_may_be_capitalised(
        self, pressero: PresseroSandbox, api: requests.Session
    ) -> None:
        api.headers["Authorization"] = str(api.headers["Authorization"]).replace("token", "Token")
        assert api.get(f"{pressero.base_url}Workflows").status_code == 200

    def test_bearer_is_refused(self, pressero: PresseroSandbox, api: requests.Session) -> None:
        api.headers["Authorization"] = str(api.headers["Authorization"]).replace("token", "Bearer")
        assert api.get(f"{pressero.base_url}Workflows").status_code == 401

    def test_expired_tokens_are_refused(self, pressero: PresseroSandbox, api: requests.Session) -> None:
        pressero.expire_tokens()
        assert api.get(f"{pressero.base_url}Workflows").status_code == 401

    def test_a_token_can_be_validated_without_a_header(
        self, pressero: PresseroSandbox, api: requests.Session
    ) -> None:
        token = str(api.headers["Authorization"]).removeprefix("token ")
        assert (
            requests.get(f"{pressero.base_url}V2/Authentication/{token}/Validate", timeout=10).status_code
            == 200
        )

    def test_an_unknown_token_does_not_validate(self, pressero: PresseroSandbox) -> None:
        assert (
            requests.get(f"{pressero.base_url}V2/Authentication/ABC/Validate", timeout=10).status_code == 401
        )


class TestPaths:
    def test_doubled_slashes_and_letter_case_do_not_matter(
        self, pressero: PresseroSandbox, api: requests.Session
    ) -> None:
        number = pressero.place(OrderDraft(CU_STORE, "avery@example.com", [ItemDraft("Business Card")]))
        assert api.get(f"{pressero.url}/API//v2/orders/{number}/details/").status_code == 200

    def test_an_unknown_path_answers_404_with_a_message(
        self, pressero: PresseroSandbox, api: requests.Session
    ) -> None:
        answer = api.get(f"{pressero.base_url}V2/Nothing")
        assert (answer.status_code, list(answer.json())) == (404, ["Message"])

    def test_a_wrong_method_answers_405(self, pressero: PresseroSandbox, api: requests.Session) -> None:
        assert api.delete(f"{pressero.base_url}Workflows").status_code == 405

    def test_a_body_that_is_no_json_answers_400(
        self, pressero: PresseroSandbox, api: requests.Session
    ) -> None:
        answer = api.post(f"{pressero.base_url}V2/Orders/Search", data=b"{nope")
        assert (answer.status_code, list(answer.json())) == (400, ["Message"])

    def test_planned_faults_hit_api_calls(self, pressero: PresseroSandbox, api: requests.Session) -> None:
        pressero.faults.add("error_before", path="Workflows", status=503)
        assert api.get(f"{pressero.base_url}Workflows").status_code == 503
        assert api.get(f"{pressero.base_url}Workflows").status_code == 200


class TestReferenceData:
    def test_a_site_tells_its_integration_id(self, pressero: PresseroSandbox, api: requests.Session) -> None:
        site = api.get(f"{pressero.base_url}SiteInfo/{HEALTH_PORTAL}").json()
        assert (site["MisId"], site["SiteStore"]["MisId"]) == ("SAMPLEH", "SAMPLEH")

    def test_a_site_without_integration_id_tells_the_empty_text(
        self, pressero: PresseroSandbox, api: requests.Session
    ) -> None:
        assert api.get(f"{pressero.base_url}SiteInfo/{CU_STORE}").json()["MisId"] == ""

    def test_a_site_lists_its_shipping_methods(
        self, pressero: PresseroSandbox, api: requests.Session
    ) -> None:
        site = api.get(f"{pressero.base_url}SiteInfo/{CU_STORE}").json()
        names = [entry["SubscriberShippingMethod"]["MethodName"] for entry in site["SiteShippingMethods"]]
        assert names == ["Ground", "2nd Day Air", "Overnight", "Will Call"]

    def test_an_unknown_site_answers_404(self, pressero: PresseroSandbox, api: requests.Session) -> None:
        assert api.get(f"{pressero.base_url}SiteInfo/nowhere").status_code == 404

    def test_products_come_in_pages_counted_from_0(
        self, pressero: PresseroSandbox, api: requests.Session
    ) -> None:
        url = f"{pressero.base_url}site/cu-store.example.com/products/"
        first = api.get(url, params={"pageNumber": 0, "pageSize": 4}).json()
        second = api.get(url, params={"pageNumber": 1, "pageSize": 4}).json()
        assert (len(first["Items"]), len(second["Items"]), first["TotalItems"]) == (4, 3, 7)

    def test_products_can_be_filtered_by_name(self, pressero: PresseroSandbox, api: requests.Session) -> None:
        url = f"{pressero.base_url}site/cu-store.example.com/products/"
        found = api.post(url, json=[{"Column": "ProductName", "Value": "card", "Operator": "contains"}])
        assert [row["ProductName"] for row in found.json()["Items"]] == ["Business Card"]

    def test_a_product_tells_its_integration_id(
        self, pressero: PresseroSandbox, api: requests.Session
    ) -> None:
        url = f"{pressero.base_url}site/cu-store.example.com/products/"
        by_name = {row["ProductName"]: row["ProductId"] for row in api.get(url).json()["Items"]}
        assert api.get(url + by_name["Business Card"]).json()["MisId"] == "BC-4/4-14PT"
        assert api.get(url + by_name["Vinyl Banner"]).json()["MisId"] == ""

    def test_shipping_methods_of_the_account_are_listed_once(
        self, pressero: PresseroSandbox, api: requests.Session
    ) -> None:
        found = api.post(f"{pressero.base_url}SubscriberShippingMethods/Search?pageSize=200", json=[]).json()
        names = [row["MethodName"] for row in found["Items"]]
        assert sorted(names) == ["2nd Day Air", "Ground", "Overnight", "Will Call"]

    def test_both_workflows_have_stages_with_ids_of_their_own(
        self, pressero: PresseroSandbox, api: requests.Session
    ) -> None:
        flows = api.get(f"{pressero.base_url}Workflows").json()["Items"]
        ids = []
        for flow in flows:
            stages = api.get(f"{pressero.base_url}workflows/{flow['WorkflowId']}/Stages").json()
            ids += [stage["WorkflowStageId"] for stage in stages]
        assert [flow["Name"] for flow in flows] == ["Standard", "Direct Mail"]
        assert len(ids) == len(set(ids)) == 12 + 7

    def test_a_user_is_found_by_email_in_any_case(
        self, pressero: PresseroSandbox, api: requests.Session
    ) -> None:
        url = f"{pressero.base_url}site/cu-store.example.com/users/"
        found = api.get(url, params={"email": "Avery@Example.com", "pageSize": "1"}).json()
        assert found["Items"][0]["LastName"] == "Sample"

    def test_ids_are_the_same_in_every_sandbox(self, pressero: PresseroSandbox) -> None:
        other = PresseroSandbox()
        draft = OrderDraft(CU_STORE, "avery@example.com", [ItemDraft("Business Card")])
        mine, theirs = pressero.order(pressero.place(draft)), other.order(other.place(draft))
        assert mine["Items"][0]["OrderItemId"] == theirs["Items"][0]["OrderItemId"]
