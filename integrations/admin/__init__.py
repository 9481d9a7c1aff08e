"""The portal's pages for orders, connections, storefronts, access and background work.

They show what is stored and call one service function per action; no rule of the business lives here.
"""

from integrations.admin.monitoring import (
    alert_list,
    audit,
    call_list,
    events,
    home,
    job_overview,
    queue,
    sent_events,
)
from integrations.admin.orders import orders
from integrations.admin.people import access, logins, sessions, users
from integrations.admin.setup import (
    alert_channels,
    alert_rules,
    connections,
    storefronts,
    subscriptions,
    versions,
)
from integrations.admin.shared import navigation
from integrations.admin.shared.closing import close_loop_of_mappings

close_loop_of_mappings()

__all__ = [
    "access",
    "alert_channels",
    "alert_list",
    "alert_rules",
    "audit",
    "call_list",
    "connections",
    "events",
    "home",
    "job_overview",
    "logins",
    "navigation",
    "orders",
    "queue",
    "sent_events",
    "sessions",
    "storefronts",
    "subscriptions",
    "users",
    "versions",
]
