"""The rows staff keep: product, shipment method, shipment address and status mappings, holidays, field rules and value tables."""

from mappings.models.base import *  # noqa: F403
