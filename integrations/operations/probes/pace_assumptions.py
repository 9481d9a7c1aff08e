"""What the hub relies on in Pace, as data. `docs/pace.md` has a line for each, in the section named here."""

from __future__ import annotations

from typing import Final

from integrations.operations.probes.report import Assumption

TRANSACTIONS: Final = "Transactions"
FINDING: Final = "Finding and reading"
DATES: Final = "Dates and times"
JOBS: Final = "Jobs and parts"
SHIPMENTS: Final = "Shipments and cartons"
AMOUNTS: Final = "Amounts"
FILES: Final = "Files"

ASSUMPTIONS: Final = (
    Assumption("transaction_starts", "Pace starts a transaction and gives it an ID.", TRANSACTIONS, "high"),
    Assumption("transaction_sees", "Inside a transaction, what it wrote can be found.", TRANSACTIONS, "high"),
    Assumption(
        "transaction_hidden", "A job is not visible outside before it is committed.", TRANSACTIONS, "high"
    ),
    Assumption("transaction_undone", "Rolling back leaves nothing behind.", TRANSACTIONS, "high"),
    Assumption("statuses_readable", "The statuses of many jobs can be read in one call.", FINDING, "high"),
    Assumption("shipments_readable", "Shipped shipments can be read in one call.", FINDING, "medium"),
    Assumption("found_by_description", "A job is found by its description and customer.", FINDING, "high"),
    Assumption(
        "found_by_web_order_id", "A job is found by its Web Order ID and customer.", FINDING, "medium"
    ),
    Assumption(
        "row_limit",
        "A list answers as many rows as its limit says.",
        FINDING,
        "medium",
        relied_on=False,
    ),
    Assumption("halves_readable", "The date of a date-time can be read as a column.", DATES, "high"),
    Assumption(
        "combined_refused",
        "A combined date-time is refused as a column and in a filter.",
        DATES,
        "high",
        relied_on=False,
    ),
    Assumption("date_columns", "A date column holds midnight of its day.", DATES, "high"),
    Assumption("time_columns", "A time column holds the time of day.", DATES, "unknown", relied_on=False),
    Assumption("date_filters", "A filter compares dates written as date(2026, 10, 17).", DATES, "high"),
    Assumption("dates_sent_utc", "A date-time sent in UTC arrives as the same moment.", DATES, "medium"),
    Assumption("dates_answered_utc", "A date-time is answered in UTC.", DATES, "high"),
    Assumption(
        "dates_around_changes", "Days stay right around midnight and daylight saving time.", DATES, "medium"
    ),
    Assumption(
        "other_offsets",
        "A date-time with another offset than Z arrives as the same moment.",
        DATES,
        "unknown",
        relied_on=False,
    ),
    Assumption("job_written", "A job with everything the hub writes is accepted.", JOBS, "high"),
    Assumption("fields_kept", "Every field holds what was sent.", JOBS, "high"),
    Assumption("description_kept", "A long description with accents stays as it is.", JOBS, "high"),
    Assumption("part_one", "Part 01 comes with the job, with its template and quantity.", JOBS, "high"),
    Assumption("parts_numbered", "Pace numbers further parts and answers the number.", JOBS, "high"),
    Assumption(
        "part_number_chosen",
        "A part number that is sent is taken.",
        JOBS,
        "unknown",
        relied_on=False,
    ),
    Assumption("template_works", "An item template fills in its part.", JOBS, "high"),
    Assumption("job_contacts", "The job's contacts are linked to it.", JOBS, "high"),
    Assumption("planned_type", "A shipment type is marked as planned.", SHIPMENTS, "high"),
    Assumption(
        "contents_have_parts",
        "A carton content names its part by jobPartJob and jobPart.",
        SHIPMENTS,
        "medium",
    ),
    Assumption(
        "company_on_contact",
        "The company of an address reaches the shipment's contact.",
        SHIPMENTS,
        "medium",
        relied_on=False,
    ),
    Assumption("forced_kept", "Forced amounts stay when parts change.", AMOUNTS, "medium"),
    Assumption(
        "unforced_computed",
        "Amounts without their forced flag stay, too.",
        AMOUNTS,
        "medium",
        relied_on=False,
    ),
    Assumption("files_once", "A part has each of its files once.", FILES, "medium"),
    Assumption("files_left_to_us", "Pace leaves content files to the hub.", FILES, "medium", relied_on=False),
)
