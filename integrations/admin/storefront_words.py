"""The parameters of a storefront in the words of the product document: what each is called, and what it does."""

# field -> (label, what it does; empty: as the model has it)
WORDS: dict[str, tuple[str, str]] = {
    "wait_for_approval": (
        "Wait for approval (WaitForApprove)",
        "On: wait for all order items to be approved or declined in Pressero, then send only the approved ones. Subscribe to "
        "“Order Placed”, “Order Item Approved” and “Order Item Denied”. Off: send orders after creation without a state "
        "check; “Order Placed” is enough.",
    ),
    "one_job_per_item": (
        "One job per order item",
        "On: order items are split by the quantity of their uploaded files, one job for each file. Off: one job for the "
        "order, with a part for each item.",
    ),
    "override_file_name": (
        "Override file name",
        "On: the file name sent to Pace is the job name; the direct link to the artwork keeps the original file name. Off: "
        "the original file name.",
    ),
    "override_job_name": (
        "Override job name",
        "On: all jobs are named {order number}-{order item seq}-{file num}, such as 10234-1-1. Off: the item's ItemName; "
        "when that is empty, the format above.",
    ),
    "skip_holidays": (
        "Skip holidays?",
        "On: ship dates take holidays into account. Pressero leaves weekends out; the hub adds local, national and your own "
        "days off. Off: the date stays as Pressero gave it.",
    ),
    "holiday_rule": (
        "Holiday rule",
        "Roll forward: a ship date on a day off moves to the next working day. Count working days: every holiday up to the "
        "ship date pushes it by one working day, as Pressero does for weekends.",
    ),
    "holiday_country": (
        "Country of the holidays",
        "State holidays are populated automatically from this country. Days off of your own are under Mappings, Holidays.",
    ),
    "holiday_subdivision": (
        "State or region of the holidays",
        "Adds the holidays of this state. Empty: national ones only.",
    ),
    "integration_id": (
        "Integration ID",
        "The Pace customer of every order. Empty: Pressero's own Integration ID of the site; when that is empty too, the "
        "customer of the Pace contact with the buyer's email.",
    ),
    "create_missing_customers": (
        "Create customers and contacts",
        "On: a customer or contact that does not exist in Pace is created; required fields the order has no value for come "
        "from the Pace server's defaults. Off: such orders stop and say so.",
    ),
    "default_ship_via": (
        "Default mapping: ship via",
        "How the orders of this site are shipped when neither a shipment address nor a shipment method mapping matches.",
    ),
    "default_account_number": (
        "Default mapping: account number",
        "The shipping account of this site, when no matching row names one.",
    ),
    "default_po_number": (
        "PO number for orders without one",
        "Pace wants a PO number. It is taken from Pressero's “PO #”; when that is empty, this is used.",
    ),
    "default_ship_days": (
        "Default ship days",
        "For orders without a Requested Ship Date: this many days from today.",
    ),
}
EFFECTS: dict[str, str] = {
    "job_type": "Type to search Pace's list. Empty: the Pace server's.",
    "admin_status": "Status of new jobs; type to search Pace's list. Empty: the Pace server's.",
    "cancelled_stage": "Type to search Pressero's stages. An order that reaches this stage before it is sent is put on hold.",
}
