"""What a probe says: assumptions, what was seen of them, fields that came back differently, settings that follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from integrations.stored import (
    StoredAssumption,
    StoredChangedField,
    StoredProbeFacts,
    StoredProbeReport,
    StoredSuggestion,
)


class ProbeResult(StrEnum):
    """What became of an assumption."""

    HOLDS = "holds"
    FAILS = "does not hold"
    UNSEEN = "could not be seen"


@dataclass(frozen=True)
class Assumption:
    """Something the hub takes for granted about the other system.

    `section` is the heading in the system's document (`docs/pace.md`, `docs/pressero.md`), `mark` how sure it is.
    `relied_on` False: the hub copes either way, and it is only told.
    """

    id: str
    sentence: str
    section: str
    mark: str
    relied_on: bool = True


@dataclass(frozen=True)
class ProbeFinding:
    """An assumption, its result on this system, and what was seen, in a sentence for staff."""

    assumption: Assumption
    result: ProbeResult
    seen: str
    coped: bool = False
    """A setting takes care of it already."""

    @property
    def relied_on(self) -> bool:
        return self.assumption.relied_on and not self.coped

    @property
    def matters(self) -> bool:
        """Whether it has to be dealt with: relied on, and not so."""
        return self.relied_on and self.result is ProbeResult.FAILS

    def as_data(self) -> StoredAssumption:
        """The finding as JSON data."""
        known = self.assumption
        return {
            "id": known.id,
            "sentence": known.sentence,
            "section": known.section,
            "mark": known.mark,
            "relied_on": known.relied_on,
            "result": self.result.value,
            "seen": self.seen,
            "matters": self.matters,
        }


@dataclass(frozen=True)
class ChangedField:
    """A field that does not hold what was sent."""

    place: str
    field: str
    sent: str
    answered: str

    def as_data(self) -> StoredChangedField:
        """The field as JSON data."""
        return {"place": self.place, "field": self.field, "sent": self.sent, "answered": self.answered}


@dataclass(frozen=True)
class Suggestion:
    """A setting of the system's page that follows from what was seen: its model field, the value, and why."""

    setting: str
    value: str | int | bool
    now: str | int | bool | None
    sentence: str

    def as_data(self) -> StoredSuggestion:
        """The setting as JSON data."""
        return {"setting": self.setting, "value": self.value, "now": self.now, "sentence": self.sentence}


@dataclass(frozen=True)
class ProbeReport:
    """The outcome of a probe."""

    system: str
    at: datetime
    version: str
    product_version: str
    findings: tuple[ProbeFinding, ...]
    remarks: tuple[str, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    changed: tuple[ChangedField, ...] = ()
    fields_kept: int = 0
    ending: str = ""
    facts: StoredProbeFacts = field(default_factory=StoredProbeFacts)

    @property
    def held(self) -> bool:
        """Whether everything that the hub relies on and that could be seen is so."""
        return not any(finding.matters for finding in self.findings)

    def of(self, result: ProbeResult) -> list[ProbeFinding]:
        return [finding for finding in self.findings if finding.result is result]

    @property
    def summary(self) -> str:
        """One sentence."""
        held, unseen = len(self.of(ProbeResult.HOLDS)), len(self.of(ProbeResult.UNSEEN))
        broken = sum(finding.matters for finding in self.findings)
        other = len(self.of(ProbeResult.FAILS)) - broken
        differs = f" {other} more differ, and the hub copes with them." if other else ""
        seen = f"{held} hold, {unseen} could not be seen."
        if broken:
            return f"{broken} of {len(self.findings)} assumptions do not hold; {seen}{differs}"
        return f"Everything seen is as the hub expects: {seen}{differs}"

    def as_data(self) -> StoredProbeReport:
        """The report as JSON data."""
        return {
            "system": self.system,
            "at": self.at.isoformat(timespec="seconds"),
            "version": self.version,
            "product_version": self.product_version,
            "held": self.held,
            "summary": self.summary,
            "assumptions": [finding.as_data() for finding in self.findings],
            "suggestions": [one.as_data() for one in self.suggestions],
            "fields": {"kept": self.fields_kept, "changed": [one.as_data() for one in self.changed]},
            "remarks": list(self.remarks),
            "ending": self.ending,
            "facts": self.facts,
        }

    def lines(self) -> Iterator[str]:
        """The report for a terminal."""
        yield f"{self.system}, version {self.version or 'unknown'}, seen by Automation Hub {self.product_version}"
        for title, results in (
            ("Does not hold", self.of(ProbeResult.FAILS)),
            ("Could not be seen", self.of(ProbeResult.UNSEEN)),
            ("Holds", self.of(ProbeResult.HOLDS)),
        ):
            if results:
                yield ""
                yield f"{title}:"
                yield from _finding_lines(results)
        if self.fields_kept or self.changed:
            yield ""
            yield f"Fields: {self.fields_kept} came back as they were sent, {len(self.changed)} differently."
            yield from (
                f"  {one.place} {one.field}: sent {one.sent}, came back {one.answered}"
                for one in self.changed
            )
        yield from _section("Seen on the way:", [f"  {remark}" for remark in self.remarks])
        yield from _section(
            "Settings that follow:",
            [
                f"  {one.setting}: {one.value} (now {_shown(one.now)}). {one.sentence}"
                for one in self.suggestions
            ],
        )
        yield ""
        if self.ending:
            yield self.ending
        yield self.summary


def _finding_lines(findings: Sequence[ProbeFinding]) -> Iterator[str]:
    for finding in findings:
        note = "" if finding.relied_on else " (the hub copes either way)"
        yield f"  {finding.assumption.sentence}{note}"
        if finding.seen:
            yield f"      {finding.seen}"


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield title
        yield from lines


def sentence(text: str) -> str:
    """The text of another system as a sentence that others can follow."""
    text = text.strip()
    return text if not text or text[-1] in ".!?" else f"{text}."


def _shown(value: object) -> str:
    return "empty" if value in (None, "") else str(value)
