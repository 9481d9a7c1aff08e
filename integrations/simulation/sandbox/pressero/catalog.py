"""What exists in the shop before anybody orders: sites, products, methods, workflows, users."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from .ids import guid

#: The stages of the standard workflow, in their order.
STANDARD_STAGES = (
    "Estimate Request",
    "Estimate Clarification",
    "Quote",
    "Quote Acceptance",
    "Order Received",
    "Prepress",
    "Press",
    "Bindery",
    "Special",
    "Shipping",
    "Order Completed",
    "Order Cancelled",
)
#: Where the items of a fresh order stand. Every workflow needs a stage of this name.
FIRST_STAGE = "Order Received"


class UnknownThing(LookupError):
    """Something was named that this shop does not have."""


@dataclass(frozen=True)
class SandboxAddress:
    """A postal address with the person and business at it."""

    business: str = ""
    first_name: str = ""
    last_name: str = ""
    address1: str = ""
    address2: str = ""
    address3: str = ""
    city: str = ""
    state: str = ""
    postal: str = ""
    country: str = "US"
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class User:
    """A buyer who is registered at one site."""

    user_id: str
    site_id: str
    first_name: str
    last_name: str
    email: str
    department: str = ""
    address: SandboxAddress = field(default_factory=SandboxAddress)
    mis_id: str = ""


@dataclass(frozen=True)
class SandboxStage:
    """One step of a workflow; staff and buyer may see different names for it."""

    stage_id: str
    workflow_id: str
    seq: int
    printer_stage: str
    customer_stage: str


@dataclass(frozen=True)
class SandboxWorkflow:
    """An ordered list of stages. Each product names the one that its items follow."""

    workflow_id: str
    name: str
    description: str
    stages: tuple[SandboxStage, ...]

    @classmethod
    def of(cls, name: str, description: str, stages: Iterable[str | tuple[str, str]]) -> "SandboxWorkflow":
        """A workflow from stage names; a pair gives the staff's and the buyer's name of a stage."""
        workflow_id = guid("workflow", name)
        made = []
        for seq, stage in enumerate(stages, start=1):
            printer, customer = (stage, stage) if isinstance(stage, str) else stage
            made.append(SandboxStage(guid("stage", name, printer), workflow_id, seq, printer, customer))
        return cls(workflow_id, name, description, tuple(made))

    def stage(self, ref: str) -> SandboxStage:
        """The stage with this id, or with this name as staff see it."""
        for stage in self.stages:
            if ref.strip().lower() in (stage.stage_id, stage.printer_stage.lower()):
                return stage
        raise UnknownThing(f"The workflow {self.name} has no stage {ref}.")


@dataclass
class SandboxProduct:
    """A product of a site; `mis_id` is the Integration Id that staff may fill at any time."""

    product_id: str
    name: str
    part_number: str = ""
    public_part_number: str = ""
    mis_id: str = ""
    workflow_id: str = ""
    uom_quantity: int = 1
    is_kit: bool = False
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SandboxShippingMethod:
    """A shipping method of the account; sites offer a choice of them under the same names."""

    method_id: str
    name: str
    carrier: str = ""
    service_name: str = ""
    integration_id: str = ""


@dataclass
class SandboxSite:
    """A storefront; `mis_id` is its Integration ID and may be empty."""

    site_id: str
    name: str
    url: str
    mis_id: str = ""
    approvals: bool = False
    default_ship_days: int = 3
    products: tuple[SandboxProduct, ...] = ()
    methods: tuple[SandboxShippingMethod, ...] = ()

    def product(self, ref: str) -> SandboxProduct:
        """The product with this id, name or printer's part number."""
        wanted = ref.strip().lower()
        for product in self.products:
            if wanted in (product.product_id.lower(), product.name.lower(), product.part_number.lower()):
                return product
        raise UnknownThing(f"The site {self.name} has no product {ref}.")

    def method(self, ref: str) -> SandboxShippingMethod:
        """The shipping method with this id or name."""
        wanted = ref.strip().lower()
        for method in self.methods:
            if wanted in (method.method_id.lower(), method.name.lower()):
                return method
        raise UnknownThing(f"The site {self.name} has no shipping method {ref}.")


class Catalog:
    """All reference data of the account, found by id or by the names people use."""

    def __init__(
        self, sites: Iterable[SandboxSite], workflows: Iterable[SandboxWorkflow], users: Iterable[User]
    ) -> None:
        # Every site gets products of its own, so that an Integration Id filled at one stays there.
        own = (replace(site, products=tuple(replace(product) for product in site.products)) for site in sites)
        self.sites = {site.site_id.lower(): site for site in own}
        self.workflows = {workflow.workflow_id: workflow for workflow in workflows}
        self.users = {(user.site_id, user.email.lower()): user for user in users}

    def site(self, ref: str) -> SandboxSite:
        """The site with this id, name or host name."""
        wanted = ref.strip().lower()
        for site in self.sites.values():
            if wanted in (site.site_id.lower(), site.name.lower(), site.url.lower()):
                return site
        raise UnknownThing(f"There is no site {ref}.")

    def workflow(self, ref: str) -> SandboxWorkflow:
        """The workflow with this id or name."""
        wanted = ref.strip().lower()
        for workflow in self.workflows.values():
            if wanted in (workflow.workflow_id, workflow.name.lower()):
                return workflow
        raise UnknownThing(f"There is no workflow {ref}.")

    def user(self, site: SandboxSite, ref: str) -> User:
        """The user of a site with this email or id."""
        wanted = ref.strip().lower()
        for user in self.site_users(site):
            if wanted in (user.email.lower(), user.user_id):
                return user
        raise UnknownThing(f"The site {site.name} has no user {ref}.")

    def site_users(self, site: SandboxSite) -> list[User]:
        """Everybody who is registered at a site, in the order of registration."""
        return [user for user in self.users.values() if user.site_id == site.site_id]

    def add_user(self, user: User) -> None:
        """Register a user; the same email at the same site is the same user."""
        self.users[(user.site_id, user.email.lower())] = user

    @property
    def methods(self) -> list[SandboxShippingMethod]:
        """Every shipping method that some site offers, each once."""
        found = {method.method_id: method for site in self.sites.values() for method in site.methods}
        return list(found.values())

    def set_site_mis_id(self, ref: str, mis_id: str) -> None:
        """Fill or empty the Integration ID of a site, as staff do in Pressero's admin."""
        self.site(ref).mis_id = mis_id

    def set_product_mis_id(self, site_ref: str, product_ref: str, mis_id: str) -> None:
        """Fill or empty the Integration Id of a site's product; orders placed before show it too."""
        self.site(site_ref).product(product_ref).mis_id = mis_id
