"""Pressero's reference data as verbs: sites, products, shipping methods, workflows and their stages."""

from dataclasses import dataclass

from integrations.causes import CauseKind
from integrations.clients.http.answers import ROWS, SOMETHING, object_with, segment
from integrations.clients.pressero.rows import PresseroRow
from integrations.clients.pressero.session import PresseroSession, rows_of
from integrations.clients.schemas import Site
from integrations.errors import ConfigError, PermanentError

_SITE = object_with("SiteId", "SiteName", "Url", "PrimaryDomain")


@dataclass(frozen=True)
class Workflow:
    """A workflow; every product follows one."""

    id: str
    name: str = ""
    description: str = ""


@dataclass(frozen=True)
class Stage:
    """A stage of a workflow; staff and buyers see different names."""

    id: str
    seq: int = 0
    name: str = ""
    customer_name: str = ""
    description: str = ""


@dataclass(frozen=True)
class Product:
    """A product of a storefront. `integration_id` is in practice a Pace item template."""

    id: str
    name: str = ""
    part_number: str = ""
    integration_id: str = ""
    active: bool = True


@dataclass(frozen=True)
class ShippingMethod:
    """A shipping method of the account."""

    id: str
    name: str = ""
    carrier: str = ""
    integration_id: str = ""
    active: bool = True


class PresseroReference:
    """The verbs that read what exists in an account."""

    def __init__(self, session: PresseroSession) -> None:
        self._session = session
        self.system = session.system

    def site(self, site_id: str) -> Site:
        """A storefront. Raises ConfigError when Pressero has none with this id."""
        # docs/pressero.md §3: name, address and `MisId` of a site (assumed).
        path = f"SiteInfo/{segment(site_id, 'site ID')}"
        try:
            answer = self._session.call("GET", path, what=f"read site {site_id}", expect=_SITE)
        except PermanentError as error:
            if error.evidence is None or error.evidence.status != 404:
                raise
            raise ConfigError(
                f"{self.system} has no site {site_id}. Correct the site ID of the storefront.",
                evidence=error.evidence,
                field="site_id",
                cause=CauseKind.UNKNOWN_SITE.of(f"{self.system}: {site_id}"),
            ) from error
        row = PresseroRow(answer.data, f"site {site_id}")
        return Site(
            id=row.guid("SiteId") or site_id,
            name=row.text("SiteName"),
            url=_host(row.text("Url", "PrimaryDomain")),
            integration_id=row.text("MisId") or row.row("SiteStore").text("MisId"),
            is_active=row.flag("IsActive") if row.has("IsActive") else True,
        )

    def product_integration_id(self, site_url: str, product_id: str) -> str:
        """The Integration Id of a product; "" when it has none or Pressero no longer has the product."""
        # docs/pressero.md §3: `MisId` of a product, found under the site's host (proved).
        path = f"site/{segment(_host(site_url), 'site address')}/products/{segment(product_id, 'product ID')}"
        try:
            answer = self._session.call("GET", path, what=f"read product {product_id}", expect=SOMETHING)
        except PermanentError as error:
            if error.evidence is not None and error.evidence.status == 404:
                return ""
            raise
        return PresseroRow(answer.data, f"product {product_id}").text("MisId")

    def products(self, site_url: str) -> list[Product]:
        """The products of a storefront."""
        # docs/pressero.md §3: products with `MisId`, listed under the site's host (proved).
        path = f"site/{segment(_host(site_url), 'site address')}/products/"
        pages = self._session.pages(
            "GET", path, what=f"list the products of {_host(site_url)}", include_deleted=False
        )
        return [
            Product(
                id=row.guid("ProductId"),
                name=row.text("ProductName"),
                part_number=row.text("PrintersPartNum"),
                integration_id=row.text("MisId"),
                active=row.flag("IsActive") if row.has("IsActive") else True,
            )
            for page in pages
            for row in page
        ]

    def shipping_methods(self) -> list[ShippingMethod]:
        """The shipping methods of the account."""
        # docs/pressero.md §3: the account's methods with their names (proved).
        pages = self._session.pages(
            "POST",
            "SubscriberShippingMethods/Search",
            what="list the shipping methods",
            json=[],
            include_deleted=False,
        )
        return [
            ShippingMethod(
                id=row.guid("SubscriberShippingMethodId"),
                name=row.text("MethodName"),
                carrier=row.text("Carrier"),
                integration_id=row.text("IntegrationID", "MisId"),
                active=row.flag("IsActive") if row.has("IsActive") else True,
            )
            for page in pages
            for row in page
        ]

    def workflows(self) -> list[Workflow]:
        """The workflows of the account."""
        # docs/pressero.md §3: workflows with `WorkflowId` and `Name` (assumed).
        answer = self._session.call("GET", "Workflows", what="list the workflows", expect=ROWS)
        return [
            Workflow(id=row.guid("WorkflowId"), name=row.text("Name"), description=row.text("Description"))
            for row in rows_of(answer.data, "workflow")
        ]

    def stages(self, workflow_id: str) -> list[Stage]:
        """The stages of a workflow, in its order."""
        # docs/pressero.md §3: the stages of a workflow, a bare list or `Items` (assumed).
        path = f"workflows/{segment(workflow_id, 'workflow ID')}/Stages"
        what = f"list the stages of workflow {workflow_id}"
        answer = self._session.call("GET", path, what=what, expect=ROWS)
        return [
            Stage(
                id=row.guid("WorkflowStageId"),
                seq=row.whole("Seq") or 0,
                name=row.text("PrinterStage"),
                customer_name=row.text("CustomerStage"),
                description=row.text("Description"),
            )
            for row in rows_of(answer.data, f"workflow {workflow_id}")
        ]


def _host(site_url: str) -> str:
    """A storefront's host name, also from a whole address."""
    return site_url.strip().rpartition("://")[2].partition("/")[0]
