"""The portal's pages for orders, connections, storefronts, access and background work.

They show what is stored and call one service function per action; no rule of the business lives here.
"""

from integrations.admin import (
    access,
    audit,
    call_list,
    connections,
    events,
    home,
    job_overview,
    logins,
    navigation,
    orders,
    queue,
    storefronts,
    users,
)

__all__ = [
    "access",
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
    "storefronts",
    "users",
]
