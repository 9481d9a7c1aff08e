"""How many calls to Pace a write takes, and how long its transaction may stay open for them."""

from __future__ import annotations

from math import ceil

from integrations.planning.plan_types import PlannedCustomer, PlannedJob

# What one call takes at the most on average: real servers answer in 0.05 to 0.6 s, and a busy one in a second or two.
SECONDS_PER_CALL = 2.0
# Room for a single call that hangs until its time-out, and for a worker that waits for its database.
SPARE_MINUTES = 5
LEAST_MINUTES = 10
# With a limit of calls per second, as many workers as this may share it before a transaction gets too little time.
SHARING_WORKERS = 16


def calls_of_job(job: PlannedJob) -> int:
    """The calls that write the job, none left out: the job, its contact, parts, files, shipments with their contacts and
    cartons."""
    files = sum(len(part.files) for part in job.parts)
    contents = sum(len(shipment.contents) for shipment in job.shipments)
    # Two for each file (the file, its link) and each part (made, then completed), four for a shipment: itself, its contact
    # (read, completed) and its carton. The first five: the job, its contact and link, the files that Pace has made.
    return 5 + 2 * len(job.parts) + 2 * files + 4 * len(job.shipments) + contents


def calls_of_customer(party: PlannedCustomer) -> int:
    """The calls that create the customer and the contact."""
    return bool(party.create_customer) + bool(party.create_contact)


def calls_of_files(count: int) -> int:
    """The calls that add so many files to a job: each file, its link, the fields of its part; and a look at what Pace made
    of these."""
    return 3 * count + 1


def transaction_minutes(calls: int, calls_per_second: int = 0) -> int:
    """How long Pace has to keep a transaction of so many calls open. `calls_per_second`: the server's limit, 0 for none."""
    waiting = SHARING_WORKERS / calls_per_second if calls_per_second else 0.0
    return max(LEAST_MINUTES, SPARE_MINUTES + ceil(calls * (SECONDS_PER_CALL + waiting) / 60))
