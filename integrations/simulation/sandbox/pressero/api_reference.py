"""The part of Pressero's API that reads what exists: sites, products, methods, workflows, users."""

from collections.abc import Callable
from typing import Any

from integrations.simulation.sandbox.http import Request, Response

from .catalog import (
    Catalog,
    SandboxProduct,
    SandboxShippingMethod,
    SandboxSite,
    SandboxWorkflow,
    UnknownThing,
    User,
)
from .ids import guid
from .incoming import body_filters, filtered, folded, page
from .routing import Router
from .views import attributes

Json = dict[str, Any]


class ReferenceApi:
    """Reference data, read-only."""

    def __init__(self, catalog: Callable[[], Catalog]) -> None:
        self._catalog = catalog

    def add_routes(self, router: Router) -> None:
        """Put every call of this part into the table."""
        router.add("GET", "SiteInfo/{site}", self.site_info)
        router.add("GET", "site/{site}/products", self.products)
        router.add("POST", "site/{site}/products", self.products)
        router.add("GET", "site/{site}/products/{product}", self.product)
        router.add("GET", "site/{site}/users", self.users)
        router.add("GET", "site/{site}/users/{user}", self.user)
        router.add("POST", "SubscriberShippingMethods/Search", self.shipping_methods)
        router.add("GET", "SubscriberShippingMethods/{method}/details", self.shipping_method)
        router.add("GET", "Workflows", self.workflows)
        router.add("GET", "workflows/{workflow}/Stages", self.stages)

    def site_info(self, request: Request, site: str) -> Response:
        found = self._catalog().sites.get(site.lower())
        if found is None:
            raise UnknownThing(f"There is no site {site}.")
        return Response(200, _site(found))

    def products(self, request: Request, site: str) -> Response:
        rows = [_product(product) for product in self._site_by_host(site).products]
        return Response(200, page(request, filtered(rows, body_filters(request))))

    def product(self, request: Request, site: str, product: str) -> Response:
        for known in self._site_by_host(site).products:
            if known.product_id == product.lower():
                return Response(200, _product(known))
        raise UnknownThing(f"The site {site} has no product {product}.")

    def users(self, request: Request, site: str) -> Response:
        email = folded(request.query).get("email", "").strip().lower()
        users = self._catalog().site_users(self._site_by_host(site))
        return Response(
            200, page(request, [_user(user) for user in users if email in ("", user.email.lower())])
        )

    def user(self, request: Request, site: str, user: str) -> Response:
        found = self._catalog().user(self._site_by_host(site), user)
        group = {"GroupId": guid("group", "Buyers"), "GroupName": "Buyers"}
        return Response(200, _user(found) | {"Groups": [group]})

    def shipping_methods(self, request: Request) -> Response:
        rows = [_method(method) for method in self._catalog().methods]
        return Response(200, page(request, filtered(rows, body_filters(request))))

    def shipping_method(self, request: Request, method: str) -> Response:
        for known in self._catalog().methods:
            if known.method_id == method.lower():
                return Response(200, _method(known) | {"ServiceCode": ""})
        raise UnknownThing(f"There is no shipping method {method}.")

    def workflows(self, request: Request) -> Response:
        return Response(200, {"Items": [_workflow(flow) for flow in self._catalog().workflows.values()]})

    def stages(self, request: Request, workflow: str) -> Response:
        found = self._catalog().workflows.get(workflow.lower())
        if found is None:
            raise UnknownThing(f"There is no workflow {workflow}.")
        stages = [
            {
                "WorkflowStageId": stage.stage_id,
                "Seq": str(stage.seq),  # Pressero writes this number as text
                "PrinterStage": stage.printer_stage,
                "CustomerStage": stage.customer_stage,
                "Description": "",
            }
            for stage in found.stages
        ]
        return Response(200, stages)

    def _site_by_host(self, host: str) -> SandboxSite:
        for site in self._catalog().sites.values():
            if site.url == host.lower():
                return site
        raise UnknownThing(f"There is no site {host}.")


def _site(site: SandboxSite) -> Json:
    return {
        "SiteId": site.site_id,
        "SiteName": site.name,
        "Url": site.url,
        "PrimaryDomain": site.url,
        "MisId": site.mis_id,
        "IsActive": True,
        "SiteType": "B2B" if site.approvals else "B2C",
        "Culture": "en-US",
        "SiteStore": {
            "MisId": site.mis_id,
            "CapturePurchaseOrder": True,
            "CaptureRequestedShipDate": True,
            "DefaultShipDays": site.default_ship_days,
            "ShipToMultipleAddress": True,
        },
        "SiteShippingMethods": [
            {
                "SiteShippingMethodId": guid("site method", site.site_id, method.name),
                "SiteShippingMethodName": method.name,
                "SubscriberShippingMethod": {
                    "SubscriberShippingMethodId": method.method_id,
                    "MethodName": method.name,
                    "MisId": method.integration_id,
                },
            }
            for method in site.methods
        ],
    }


def _product(product: SandboxProduct) -> Json:
    return {
        "ProductId": product.product_id,
        "ProductName": product.name,
        "PublicPartNum": product.public_part_number,
        "PrintersPartNum": product.part_number,
        "MisId": product.mis_id,
        "WorkflowId": product.workflow_id,
        "IsActive": True,
        "IsKit": product.is_kit,
        "Attributes": attributes(product),
    }


def _method(method: SandboxShippingMethod) -> Json:
    return {
        "SubscriberShippingMethodId": method.method_id,
        "MethodName": method.name,
        "Carrier": method.carrier,
        "ServiceName": method.service_name,
        "IntegrationID": method.integration_id,
        "IsActive": True,
    }


def _user(user: User) -> Json:
    return {
        "UserId": user.user_id,
        "SiteId": user.site_id,
        "FirstName": user.first_name,
        "LastName": user.last_name,
        "Email": user.email,
        "Login": user.email,
        "MisId": user.mis_id,
        "IsActive": True,
    }


def _workflow(workflow: SandboxWorkflow) -> Json:
    return {
        "WorkflowId": workflow.workflow_id,
        "Name": workflow.name,
        "Description": workflow.description,
    }
