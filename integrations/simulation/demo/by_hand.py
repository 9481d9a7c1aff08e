"""A job in the sandbox Pace as people or another connector make it: from an order's plan, with changes of their own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.clients.pace.client import PaceClient, PaceConfig
from integrations.models import Order
from integrations.simulation.sandbox.pace import PaceSandbox

_MONEY = ("originalQuotedPrice", "amountToInvoice", "quotedPrice", "freightAmt")


def make_job(
    pace: PaceSandbox,
    order: Order,
    *,
    unit: int = 0,
    job: Mapping[str, Any] | None = None,
    part: Mapping[str, Any] | None = None,
    shipment: Mapping[str, Any] | None = None,
    contact: bool = True,
) -> str:
    """Make the job of one unit of the order's plan; its number. The others' own values for each job, part and shipment."""
    server = order.storefront.pace_server
    config = PaceConfig(pace.url, pace.username, pace.password, "by hand", server.time_zone)
    client, plan = PaceClient(config), (order.plan or {})["jobs"][unit]
    number = str(client.create("Job", {**_values(plan["fields"]), **(job or {})})["job"])
    if contact and (contact_id := _values(plan["contact"]).get("contact")):
        link = client.create(
            "JobContact", {"job": number, "contact": contact_id, "billTo": True, "shipTo": True}
        )
        client.update("Job", {"job": number, "jobContact": link["id"]})
    for position, planned in enumerate(plan["parts"]):
        fields = {**_values(planned["fields"]), **(part or {})}
        if position == 0:
            client.update("JobPart", {"primaryKey": f"{number}:01", **fields})
        else:
            client.create("JobPart", {"job": number, **fields})
        for file in planned["files"]:
            content = client.create("ContentFile", _values(file["fields"]))["id"]
            key = {
                "jobPart": planned["number"],
                "jobPartKey": f"{number}:{planned['number']}",
                "contentFile": content,
            }
            client.create("JobPartContentFile", {"job": number, **key})
    for left in plan["shipments"]:
        client.create("JobShipment", {"job": number, **_values(left["fields"]), **(shipment or {})})
    return number


def _values(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _typed(name, one["value"]) for name, one in fields.items() if one.get("value") is not None}


def _typed(name: str, value: Any) -> Any:
    """A value of a stored plan as it was planned: money and date-times are texts there."""
    if name in _MONEY:
        return Decimal(str(value))
    return datetime.fromisoformat(value) if name.casefold().endswith("datetime") else value
