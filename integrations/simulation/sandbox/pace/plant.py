"""What the Pace of one plant does: one switch for each fact that plants, or our knowledge of them, can differ in.

All switches off is the Pace that the product once assumed; `PlantBehavior.strict()` turns on every fact that is known
of real servers. `docs/sandbox.md` lists each with where it comes from and how sure it is.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final, Literal, Self

PartNumbers = Literal["accepted", "ignored", "refused"]


@dataclass(frozen=True)
class PlantBehavior:
    """The switches of a plant's Pace."""

    halves_only: bool = False
    """Filters, sorts and columns know a date-time only by its halves (`dateTime` by `date` and `time`)."""
    dates_in_milliseconds: bool = False
    """A column answers a date, or a time of day, in milliseconds since 1970 with the type `Date`."""
    quoted_dates_compare_as_empty: bool = False
    """A quoted date in a filter counts as an empty one; `date(2026, 10, 17)` and `time(13, 20, 29)` compare."""
    utc_date_times: bool = False
    """Date-times are UTC in bodies and answers, with or without `Z`; off: the server's own wall clock."""
    ignores_offsets: bool = False
    """An offset other than `Z` (at a server of local times `Z`, too) is dropped, and the rest is read without one."""
    templates_work_at_creation_only: bool = False
    """An item template makes its lines when its part is made, for that call's quantity, and never later."""
    part_numbers: PartNumbers = "accepted"
    """What becomes of a part number chosen by the caller of `createJobPart`."""
    contents_need_job_part_job: bool = False
    """A CartonContent names its part by `jobPartJob` with `jobPart`; `job` means the whole job."""
    fills_nothing_in: bool = False
    """Nothing is completed for the caller: neither part links, nor a shipment's ship via, nor a carton's count."""
    addresses_become_contacts: bool = False
    """An address on a new shipment becomes a Contact, named by `contactNumber`."""
    contacts_get_the_company: bool = False
    """The Contact made from an address gets the shipment's name as its company."""
    computes_unforced_amounts: bool = False
    """Amounts and quantities without their `…Forced` flag are computed anew whenever a part changes."""
    makes_content_files: bool = False
    """The item templates' product type has `autoCreateJobPartContentFile`: a part's file makes a ContentFile."""
    own_descriptions: bool = False
    """Shipment types are described in the site's own words."""
    one_row_more: bool = False
    """`loadValueObjects` answers one object more than its limit, where there is one."""
    description_length: int = 0
    """A longer job description is cut to this length; 0 keeps it whole."""
    license_expired: bool = False
    """Every call is refused with `System License Expired`."""
    company: str = ""
    """The company that has to stand in the path; empty: there is none, and none may stand there."""

    @classmethod
    def strict(cls, **changes: Any) -> Self:
        """Every known fact of a usual plant; `changes` are switches that differ."""
        return cls(**{**_STRICT, **changes})

    @classmethod
    def names(cls) -> list[str]:
        """The switches by name."""
        return [one.name for one in fields(cls)]


_STRICT: Final[dict[str, Any]] = {
    "halves_only": True,
    "dates_in_milliseconds": True,
    "quoted_dates_compare_as_empty": True,
    "utc_date_times": True,
    "ignores_offsets": True,
    "templates_work_at_creation_only": True,
    # Whether a number is refused or ignored is unknown. Leaving it out is right for both, so the harder one is asked.
    "part_numbers": "refused",
    "contents_need_job_part_job": True,
    "fills_nothing_in": True,
    "addresses_become_contacts": True,
    "computes_unforced_amounts": True,
    "own_descriptions": True,
    "one_row_more": True,
}

DEFAULT_PLANT: Final = PlantBehavior.strict()
"""What a sandbox does unless it is given something else."""
