"""`probe_pace`: writes one made-up job in a transaction, reads all of it back, and rolls the transaction back.

The only place of the probe that calls Pace. It never commits. Whatever Pace refuses, the rest is still asked; calls that
Pace may refuse come outside the transaction, or last in it, because an error ends a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final, TypeVar, cast
from zoneinfo import ZoneInfo

from integrations.clients.http.answers import CallRecord
from integrations.clients.pace.client import PaceClient
from integrations.clients.pace.status import read_jobs, read_shipments
from integrations.clients.pace.xpath import Condition, all_of, any_of, field_equals, field_on_day
from integrations.errors import HubError
from integrations.operations.probes import pace_order
from integrations.operations.probes.pace_asking import KEYS, Questions, RecordingWriter, Stop
from integrations.operations.probes.pace_seen import AskedFact, MomentSeen, PaceSeen
from integrations.orders.submission.job_writer import write_job
from integrations.planning.plan_types import (
    CustomerCandidates,
    Plan,
    PlannedJob,
    StorefrontParameters,
    sendable,
)

Given = TypeVar("Given")

MINUTES: Final = 10
"""How long Pace keeps the transaction open should the rollback not reach it: long enough for some 100 slow calls."""
HALVES: Final = {
    "JobShipment": ("date", "time", "promiseDate", "promiseTime"),
    "Job": ("promiseDate", "promiseTime", "scheduledShipDate", "scheduledShipTime", "earliestStartDate"),
}
COMBINED: Final = {"JobShipment": "dateTime", "Job": "promiseDateTime"}
MOMENT_FIELDS: Final = (
    ("Job", "promiseDateTime", "promiseDate", "promiseTime", "late evening"),
    ("Job", "scheduledShipDateTime", "scheduledShipDate", "scheduledShipTime", "after midnight"),
    ("JobShipment", "dateTime", "date", "time", "before the clocks change"),
    ("JobShipment", "promiseDateTime", "promiseDate", "promiseTime", "after the clocks changed"),
)
DEMANDED: Final = (
    "poNum",
    "promiseDateTime",
    "scheduledShipDateTime",
    "earliestStartDateTime",
    "shipVia",
    "jobType",
    "adminStatus",
    "jobOrderType",
)
"""Fields of a job that a site may demand."""
CHOSEN_PART: Final = "09"


class PaceProbe(Questions):
    """One probe of one server. `say` is told what is about to be done."""

    def __init__(
        self,
        pace: PaceClient,
        settings: StorefrontParameters,
        *,
        now: datetime,
        exchanges: Sequence[CallRecord],
        customer: str = "",
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._pace = pace
        self._settings = settings
        self._now = now
        self._customer = customer
        self._say = say
        self._exchanges = exchanges
        self._zone = ZoneInfo(settings.server_time_zone)
        super().__init__(PaceSeen(zone=settings.server_time_zone, txn_minutes=MINUTES))
        self._writer = cast(PaceClient, RecordingWriter(pace, self.seen, exchanges))
        self._moments = pace_order.moments(now, self._zone)

    def run(self) -> PaceSeen:
        """Ask everything. Raises CredentialError and TransientError only while nothing could be asked at all."""
        self._say("Asking for the version.")
        self.seen.version = self._pace.version()
        try:
            self._outside()
            subject = self._subject()
            plan = self._plan(subject, CustomerCandidates(customer_exists=True if self._customer else None))
            self._say(
                "Writing one job in a transaction that is rolled back at the end. Nothing is committed, and nothing "
                "stays in Pace."
            )
            self._inside(subject, plan)
        except Stop as stop:
            self.seen.remarks.append(str(stop))
        return self.seen

    # --- before the transaction ---------------------------------------------------------------------------------

    def _outside(self) -> None:
        self._say("Asking which columns and filters Pace knows. This reads only.")
        pace, nothing = self._pace, field_equals("job", "0")
        for type_, halves in HALVES.items():
            combined = COMBINED[type_]
            dated = all_of(nothing, field_equals(combined, "2026-10-17"))
            self._ask(f"column {type_}.{combined}", partial(pace.load_exactly, type_, nothing, [combined], 1))
            self._ask(f"filter {type_}.{combined}", partial(pace.find, type_, dated))
            for half in halves:
                self._ask(f"column {type_}.{half}", partial(pace.load, type_, nothing, [half]))
        on_day = all_of(nothing, field_on_day("date", date(2026, 10, 17)))
        self._ask("filter date()", partial(pace.find, "JobShipment", on_day))
        self._ask("statuses of jobs", partial(read_jobs, pace.load, ["0"]))
        self._ask("shipments of jobs", partial(read_shipments, pace.load, ["0"]))
        columns = ["id", "description", "active", "planned"]
        planned = field_equals("planned", True)
        types = self._ask("shipment types", partial(pace.load, "ShipmentType", planned, columns, ["id"]))
        if types is not None:
            self.seen.planned_types = [dict(one) for one in types]

    def _subject(self) -> pace_order.ProbeSubject:
        self._say("Reading Pace's lists.")
        reference = self._ask("lists", self._pace.reference)
        if reference is None:
            raise Stop(f"Pace's lists could not be read: {self.seen.answer('lists').said}")
        self.seen.templates = [one.key for one in reference.item_templates if one.active][:2]
        settings = pace_order.parameters(self._settings, reference, self._customer)
        if settings.server_shipment_type is None and self.seen.planned_types:
            settings = replace(settings, server_shipment_type=int(self.seen.planned_types[0]["id"]))
        return pace_order.ProbeSubject(settings, reference, self._now)

    def _plan(self, subject: pace_order.ProbeSubject, candidates: CustomerCandidates) -> Plan:
        plan = pace_order.planned(subject, candidates)
        self.seen.plan_problems = [problem.message for problem in plan.problems]
        if plan.problems or plan.party is None or len(plan.jobs) != 1:
            raise Stop("No job could be planned, so none was written. " + " ".join(self.seen.plan_problems))
        return plan

    # --- the transaction ------------------------------------------------------------------------------------------

    def _inside(self, subject: pace_order.ProbeSubject, plan: Plan) -> None:
        self._transaction(partial(self._write, subject, plan))
        if self.seen.lost and not self.seen.moments:
            self._say("Asking the rest with a bare job, in a transaction of its own.")
            self.seen.lost = ""
            self._transaction(partial(self._write_bare, plan))

    def _transaction(self, work: Callable[[str], None]) -> None:
        txn = self._ask("a transaction", partial(self._pace.start_transaction, MINUTES))
        if txn is None:
            raise Stop(f"Pace started no transaction: {self.seen.answer('a transaction').said}")
        self.seen.txn = txn
        try:
            work(txn)
        finally:
            self._undo(txn)

    def _write(self, subject: pace_order.ProbeSubject, plan: Plan, txn: str) -> None:
        customer = self._make_customer(plan, txn)
        contact = self._make_contact(plan, customer, txn) if customer else None
        if not customer or not contact:
            return
        if self._customer:
            job = self._plan(subject, pace_order.known_buyer(customer, contact)).jobs[0]
        else:
            # The plan knows no id for a customer that Pace has yet to number.
            job = _for_customer(plan.jobs[0], customer)
        self._say("Writing the job with its parts, files, shipments and cartons.")
        written = self._in_txn(
            "a whole job", partial(write_job, self._writer, job, contact, txn, between_calls=lambda: None)
        )
        if written is None:
            return
        self.seen.job = number = written.number
        self._note_files(job)
        self._say("Reading it back in every way that the hub reads.")
        self._look_for(number, txn)
        self._send_moments(number, int(self.seen.of("JobShipment")[0].key), txn)
        self._read_back(txn)
        self._read_columns(number, txn)
        self._say("Trying what Pace may refuse.")
        second = self._bare_job(job, customer, txn)
        if second:
            self._try_the_doubtful(second, txn)

    def _write_bare(self, plan: Plan, txn: str) -> None:
        """What can be seen of a bare job and a bare shipment, where the whole job was refused."""
        customer = self._make_customer(plan, txn)
        number = self._bare_job(plan.jobs[0], customer, txn) if customer else ""
        if not number:
            return
        planned = sendable(plan.jobs[0].shipments[0].fields)
        fields = {"job": number} | {
            name: planned[name] for name in ("shipVia", "shipmentType") if name in planned
        }
        shipment = self._in_txn("a bare shipment", partial(self._pace.create, "JobShipment", fields, txn))
        if shipment is None:
            return
        self._send_moments(number, int(shipment["id"]), txn)
        of_job = field_equals("job", number)
        for seen in self.seen.moments:
            self._read_halves(seen, of_job, txn)
        self._filter_days(of_job, txn)
        self._count_rows(of_job, txn)
        self._try_the_doubtful(number, txn)

    def _make_customer(self, plan: Plan, txn: str) -> str:
        if self._customer:
            return self._customer
        assert plan.party is not None  # noqa: S101 - checked where it was planned
        fields = sendable(plan.party.create_customer)
        made = self._in_txn("a new customer", lambda: self._writer.create("Customer", fields, txn))
        if made is None:
            self.seen.remarks.append(
                "Run the probe again with --customer and the ID of an existing customer, or fill in “New customer "
                "defaults” on the server's page."
            )
        return str(made["id"]) if made else ""

    def _make_contact(self, plan: Plan, customer: str, txn: str) -> int | None:
        assert plan.party is not None  # noqa: S101 - checked where it was planned
        fields = {**sendable(plan.party.create_contact), "customer": customer}
        made = self._in_txn("a new contact", lambda: self._writer.create("Contact", fields, txn))
        return int(made["id"]) if made else None

    def _note_files(self, job: PlannedJob) -> None:
        parts = self.seen.of("JobPart")
        self.seen.files_made = {
            part.key: len(planned.files) for part, planned in zip(parts, job.parts, strict=False)
        }

    def _look_for(self, number: str, txn: str) -> None:
        [job] = [one for one in self.seen.of("Job") if one.key == number]
        customer = field_equals("customer", str(job.sent["customer"]))
        for how, field in (("description", "description"), ("Web Order ID", "webOrderID")):
            if not job.sent.get(field):
                continue
            this = all_of(field_equals(field, str(job.sent[field])), customer)
            question = f"the job by {how}"
            inside = self._in_txn(question, partial(self._pace.find, "Job", this, txn))
            if inside is not None:
                self.seen.asked[question] = AskedFact(number in inside, f"found {inside or 'nothing'}")
            if field == "description":
                outside = self._ask("the job from outside", partial(self._pace.find, "Job", this))
                if outside is not None:
                    self.seen.asked["the job from outside"] = AskedFact(
                        not outside, f"found {outside or 'nothing'}"
                    )

    def _send_moments(self, number: str, shipment: int, txn: str) -> None:
        for type_, field, _, _, name in MOMENT_FIELDS:
            key: str | int = number if type_ == "Job" else shipment
            sent = pace_order.utc_text(self._moments[name])
            wall = self._moments[name].replace(tzinfo=None).isoformat(timespec="minutes")
            change = {KEYS.get(type_, "id"): key, field: sent}
            question = f"{type_}.{field} in UTC"
            changed = self._in_txn(question, partial(self._pace.update, type_, change, txn))
            if changed is not None:
                answered = str(changed.get(field) or "")
                self.seen.moments.append(MomentSeen(name, type_, field, wall, sent, answered))

    def _read_back(self, txn: str) -> None:
        """Every object as it is now. What the moments changed is no longer what the plan sent."""
        moved = {(type_, field) for type_, field, *_ in MOMENT_FIELDS}
        for one in self.seen.written:
            one.sent = {name: value for name, value in one.sent.items() if (one.type, name) not in moved}
            read = self._in_txn(f"the {one.type} {one.key}", partial(self._pace.read, one.type, one.key, txn))
            if read is not None:
                one.answered = read
        self._see_templates()
        self._see_forced()
        self._see_contacts(txn)

    def _see_templates(self) -> None:
        """Which fields of a part with a template Pace filled in that the part without one lacks."""
        parts = [one for one in self.seen.of("JobPart") if one.answered]
        with_one = next((one for one in parts if one.answered.get("itemTemplate")), None)
        without = next((one for one in parts if not one.answered.get("itemTemplate")), None)
        if with_one is None or without is None:
            return
        own = {"jobPart", "primaryKey", "itemTemplate", *with_one.sent, *without.sent}
        self.seen.template_fields = sorted(
            name
            for name, value in with_one.answered.items()
            if name not in own and value not in (None, "", 0, False) and without.answered.get(name) != value
        )

    def _see_forced(self) -> None:
        job = self.seen.of("Job")[0]
        names = ("originalQuotedPrice", "amountToInvoice")
        self.seen.forced = {
            name: (job.sent[name], job.answered.get(name))
            for name in names
            if name in job.sent and job.sent.get(f"{name}Forced")
        }

    def _see_contacts(self, txn: str) -> None:
        named = {one.key for one in self.seen.of("Contact") if "companyName" in one.sent}
        for shipment in self.seen.of("JobShipment"):
            number = shipment.answered.get("contactNumber")
            if not number:
                continue
            question = f"the contact of shipment {shipment.key}"
            contact = self._in_txn(question, partial(self._pace.read, "Contact", number, txn))
            if contact is not None:
                company = contact.get("companyName")
                self.seen.contacts.append({"company": company, "by_hub": str(number) in named})

    def _read_columns(self, number: str, txn: str) -> None:
        of_job = field_equals("job", number)
        self._in_txn("statuses of the job", partial(read_jobs, self._load_in(txn), [number]))
        for seen in self.seen.moments:
            self._read_halves(seen, of_job, txn)
        self._filter_days(of_job, txn)
        self._read_contents(txn)
        columns = ["jobPartKey", "contentFile"]
        links = self._in_txn(
            "files of the parts",
            partial(self._pace.load, "JobPartContentFile", of_job, columns, txn=txn),
        )
        if links is not None:
            found = [str(one["jobPartKey"]) for one in links]
            self.seen.file_links = {part: found.count(part) for part in self.seen.files_made}
        self._count_rows(of_job, txn)

    def _read_halves(self, seen: MomentSeen, of_job: Condition, txn: str) -> None:
        place = (seen.type, seen.field)
        half, hour = next(
            (half, hour) for type_, field, half, hour, _ in MOMENT_FIELDS if (type_, field) == place
        )
        known = [one for one in (half, hour) if self.seen.answer(f"column {seen.type}.{one}").ok]
        if not known:
            return
        sort = ["job" if seen.type == "Job" else "id"]
        rows = self._in_txn(
            f"columns of {seen.type}.{seen.field}",
            partial(self._pace.load, seen.type, of_job, known, sort, txn=txn),
        )
        if rows:
            seen.day, seen.time = rows[0].get(half), rows[0].get(hour)

    def _read_contents(self, txn: str) -> None:
        shipments = [int(one.key) for one in self.seen.of("JobShipment")]
        packed = any_of(*(field_equals("carton/shipment", key) for key in shipments))
        columns = ["carton/@shipment", "job", "jobPart", "jobPartJob", "quantity"]
        contents = self._in_txn(
            "carton contents", partial(self._pace.load, "CartonContent", packed, columns, txn=txn)
        )
        self.seen.contents = contents if contents is None else [dict(one) for one in contents]

    def _load_in(self, txn: str) -> Any:
        def load(
            type_: str, xpath: Condition, fields: Sequence[str], sort: Sequence[str] | None = None
        ) -> Any:
            return self._pace.load(type_, xpath, fields, sort, txn=txn)

        return load

    def _filter_days(self, of_job: Condition, txn: str) -> None:
        """Whether `date(…)` finds a late evening on the server's own day."""
        seen = next(
            (one for one in self.seen.moments if one.field == "promiseDateTime" and one.type == "Job"), None
        )
        if seen is None or not self.seen.answer("filter date()").ok:
            return
        day = (self._pace.clock.read(seen.day) or datetime.fromisoformat(seen.wall)).date()
        found = self._in_txn(
            "the job by its day",
            lambda: self._pace.find("Job", all_of(of_job, field_on_day("promiseDate", day)), txn),
        )
        if found is not None:
            self.seen.asked["the job by its day"] = AskedFact(bool(found), f"{day}: {found or 'nothing'}")

    def _count_rows(self, of_job: Condition, txn: str) -> None:
        few = partial(self._pace.load_exactly, "JobPart", of_job, ["jobPart"], 1, txn)
        rows = self._in_txn("parts with a limit", few)
        if rows is not None:
            self.seen.rows = (1, len(rows))

    # --- what Pace may refuse: last ----------------------------------------------------------------------------------

    def _bare_job(self, job: PlannedJob, customer: str, txn: str) -> str:
        """A job of what Pace demands, with amounts but without their flags, and a further part; its number."""
        planned = sendable(job.fields)
        fields: dict[str, Any] = {name: planned[name] for name in DEMANDED if name in planned}
        fields |= {
            "customer": customer,
            "description": f"{pace_order.PROBE} 2 {self._now:%Y%m%d%H%M%S}",
            "originalQuotedPrice": Decimal("77.70"),
            "amountToInvoice": Decimal("66.60"),
        }
        made = self._in_txn("a second job", partial(self._pace.create, "Job", fields, txn))
        if made is None:
            return ""
        number = str(made["job"])
        part = {"job": number, "qtyOrdered": 7}
        if self._in_txn("a further part", partial(self._pace.create, "JobPart", part, txn)):
            read = self._in_txn("the second job", partial(self._pace.read, "Job", number, txn))
            if read is not None:
                names = ("originalQuotedPrice", "amountToInvoice")
                self.seen.unforced = {name: (fields[name], read.get(name)) for name in names}
        return number

    def _try_the_doubtful(self, number: str, txn: str) -> None:
        """An odd offset, and at the very end a part with a number of our own choice: an error ends the transaction."""
        self._send_offset(number, txn)
        if self.seen.lost:
            return
        part = {"job": number, "jobPart": CHOSEN_PART}
        question = "a part with a number of our choice"
        chosen = self._ask(question, partial(self._pace.create, "JobPart", part, txn))
        if chosen is not None:
            self.seen.number_sent = (CHOSEN_PART, str(chosen.get("jobPart")))

    def _send_offset(self, number: str, txn: str) -> None:
        # A fixed offset that no zone of a plant is likely to have, so that it cannot be right by chance.
        wall = self._moments["late evening"].astimezone(ZoneInfo("UTC")) - timedelta(hours=11)
        sent = wall.strftime("%Y-%m-%dT%H:%M:%S-11:00")
        answer = self._in_txn(
            "a date-time with another offset",
            lambda: self._pace.update("Job", {"job": number, "promiseDateTime": sent}, txn),
        )
        if answer is not None:
            self.seen.offset = (sent, str(answer.get("promiseDateTime") or ""))

    # --- the end --------------------------------------------------------------------------------------------------

    def _undo(self, txn: str) -> None:
        self._say("Rolling the transaction back.")
        try:
            self._pace.rollback(txn)
            self.seen.undone = True
        except HubError as error:
            self.seen.undone = False
            self.seen.remarks.append(
                f"The rollback of transaction {txn} failed: {error.message} Pace ends it unsaved after {MINUTES} minutes "
                "at the latest."
            )
        self._say("Checking that nothing stayed.")
        for one in self.seen.written:
            if one.type not in ("Job", "Customer", "JobShipment") or not one.created:
                continue
            value = int(one.key) if one.type == "JobShipment" else one.key
            this = field_equals(KEYS.get(one.type, "id"), value)
            question = f"{one.type} {one.key} after the rollback"
            if self._ask(question, partial(self._pace.find, one.type, this)):
                self.seen.leftovers.append(f"{one.type} {one.key}")


def _for_customer(job: PlannedJob, customer: str) -> PlannedJob:
    """The job for a customer that Pace has just made."""

    def known(fields: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: replace(value, value=customer) if name == "customer" and value.value is None else value
            for name, value in fields.items()
        }

    parts = tuple(
        replace(part, files=tuple(replace(file, fields=known(file.fields)) for file in part.files))
        for part in job.parts
    )
    return replace(job, fields=known(job.fields), parts=parts)
