"""Words of the models that lists show in the reader's language: what is exported, logged or mailed keeps them in English."""

from django.utils.translation import gettext_noop

NAMES = (
    ("order", gettext_noop("orders")),  # the singular is marked with its plural, in the inbox
    (gettext_noop("Pace job"), gettext_noop("Pace jobs")),
    (gettext_noop("webhook event"), gettext_noop("webhook events")),
    (gettext_noop("outgoing call"), gettext_noop("outgoing calls")),
    (gettext_noop("audit entry"), gettext_noop("audit entries")),
    (gettext_noop("storefront"), gettext_noop("storefronts")),
    (gettext_noop("Pressero account"), gettext_noop("Pressero accounts")),
    (gettext_noop("Pace server"), gettext_noop("Pace servers")),
    (gettext_noop("code"), gettext_noop("codes")),
    (gettext_noop("product mapping"), gettext_noop("product mappings")),
    (gettext_noop("shipment method mapping"), gettext_noop("shipment method mappings")),
    (gettext_noop("shipment address mapping"), gettext_noop("shipment address mappings")),
    (gettext_noop("status mapping"), gettext_noop("status mappings")),
    (gettext_noop("holiday"), gettext_noop("holidays")),
    (gettext_noop("field rule"), gettext_noop("field rules")),
    (gettext_noop("value table row"), gettext_noop("value table rows")),
    (gettext_noop("mapping change"), gettext_noop("mapping changes")),
    (gettext_noop("API token"), gettext_noop("API tokens")),
)
