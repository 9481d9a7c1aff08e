"""The parameters of a storefront in the words of the product document: what each is called, and what it does."""

# field -> (label, what it does; empty: as the model has it)
WORDS: dict[str, tuple[str, str]] = {
    "wait_for_approval": (
        "Wait for approval (WaitForApprove)",
        "On: wait until all order items are approved or declined in Pressero, then send only the approved ones. Subscribe to “Order Placed”, “Order Item Approved” and “Order Item Denied”. Off: send orders as soon as they are placed; “Order Placed” is enough.",
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
        "Adds the holidays of this state. Leave blank for national holidays only.",
    ),
    "integration_id": (
        "Integration ID",
        "The Pace customer of every order. Leave blank to use the site's Integration ID in Pressero; if that is blank too, the customer of the Pace contact with the buyer's email.",
    ),
    "create_missing_customers": (
        "Create customers and contacts",
        "On: a customer or contact that does not exist in Pace is created; required fields that the order does not provide come from the Pace server's defaults. Off: such orders stop and need attention.",
    ),
    "default_ship_via": (
        "Default mapping: ship via",
        "How the orders of this site are shipped when neither a shipment address nor a shipment method mapping matches.",
    ),
    "default_account_number": (
        "Default mapping: account number",
        "The shipping account of this site when no matching row has one.",
    ),
    "default_po_number": (
        "PO number for orders without one",
        "Pace requires a PO number. It comes from Pressero's “PO #”; if that is blank, this is used.",
    ),
    "mode": (
        "Mode",
        "Live: orders become jobs in Pace. Shadow: each order is read and planned with the status Shadow, and nothing is "
        "written to Pace or Pressero.",
    ),
    "take_orders_from": (
        "Process orders placed from",
        "Orders placed before this are skipped and put on hold. If you activate the storefront here and leave this unchanged, it is set to the moment you save.",
    ),
    "default_ship_days": (
        "Default ship days",
        "For orders without a Requested Ship Date: this many days from today.",
    ),
    "cancelled_stage": (
        "Canceled stage",
        "Type to search Pressero's stages. An order that reaches this stage before it is sent is put on hold.",
    ),
}
EFFECTS: dict[str, str] = {
    "job_type": "Type to search the codes of Pace. Leave blank to use the Pace server's.",
    "admin_status": "Status of new jobs; type to search the codes of Pace. Leave blank to use the Pace server's.",
}
