"""The one place that turns how a call ended into an error named by who must act.

A table, read from the top; closed by default: what no row knows counts as "perhaps applied". A new quirk of Pace or
Pressero is one row here and one test.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from automationhub.lib.redact import cut, mask_values, redact_text, redact_url
from integrations.causes import CauseKind
from integrations.errors import (
    ConfigError,
    CredentialError,
    Evidence,
    HubError,
    OutcomeUnknown,
    PermanentError,
    TransientError,
)

EVIDENCE_LIMIT = 2_000  # characters of an answer that an error carries
SENTENCE_LIMIT = 400  # characters of the other system's own sentence that go into ours


class Vendor(StrEnum):
    """Whose habits apply."""

    PACE = "Pace"
    PRESSERO = "Pressero"


class Verb(StrEnum):
    """What a call may have changed when nobody knows how it ended."""

    READ = "read"  # nothing, or nothing that a repetition would not change again
    WRITE = "write"  # it may have been applied: repeating it could do it twice
    COMMIT = "commit"  # as WRITE, and only a refusal in words means that Pace turned it down


class Trouble(StrEnum):
    """Why there is no usable answer."""

    BAD_ADDRESS = "bad address"  # nothing can be sent there
    NOT_CONNECTED = "not connected"  # surely not sent
    TIMED_OUT = "timed out"
    BROKEN = "broken"  # the connection ended before the answer did
    TOO_LARGE = "too large"
    UNREADABLE = "unreadable"  # a success whose body is not what this call answers


@dataclass(frozen=True)
class HttpOutcome:
    """How one call ended: with `status` and `text`, or with `trouble` explained in `detail`.

    `system` is the name staff know ("Pace server demo"), `what` completes "was asked to …", `call` is the method and
    path without secrets. `retry_after` in seconds.
    """

    vendor: Vendor
    system: str
    what: str
    call: str
    verb: Verb
    status: int | None = None
    text: str = ""
    trouble: Trouble | None = None
    detail: str = ""
    retry_after: float | None = None
    location: str = ""
    path: str = ""
    secrets: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What the other system said, as one line; "" for a page of HTML or nothing."""
        said = stated_message(self.text)
        if not said and not self.text.lstrip().startswith(("<", "{", "[")):
            said = self.text
        return cut(self.masked(" ".join(said.split())), SENTENCE_LIMIT)

    @property
    def evidence(self) -> Evidence:
        """The call and its answer for the order page."""
        # Cut roughly first, so that a huge answer costs nothing; then again, because masks change the length.
        rough = 4 * EVIDENCE_LIMIT
        answer = cut(self.masked(self.text[:rough]), EVIDENCE_LIMIT, missing=max(len(self.text) - rough, 0))
        return Evidence(self.system, self.call, self.status, answer or self.masked(self.detail))

    def masked(self, text: str) -> str:
        """The text without anything secret."""
        return mask_values(redact_text(text), self.secrets)


def stated_message(text: str) -> str:
    """The `message` of a JSON error answer (any case of the key); "" when there is none."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(data, dict):
        return ""
    by_name = {str(key).lower(): value for key, value in data.items()}
    said = by_name.get("message")
    return said.strip() if isinstance(said, str) else ""


def _pattern(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


# Sentences by which Pace says that the request itself is wrong (status 500 or any other).
_PACE_REFUSES = _pattern(
    r"^unknown field\b",
    r"^unknown object\b",
    r"^unable to locate\b",
    r"^unable to determine (?:field|object)\b",
    r"^cannot convert\b",
    r"^unknown or unsupported function\b",
)
_UNKNOWN_HERE = _pattern(
    r"^unknown (?:field|object)\b",
    r"^unable to locate object \w+$",
    r"^unable to determine\b",
    r"^cannot convert\b",
)
# The transaction is over: whatever was written in it is gone.
_TRANSACTION_ENDED = _pattern(
    r"\btransaction\b.*\b(?:not exist|ended|expired|not found|no longer|not active|rolled back|timed out|unknown)\b",
    r"\b(?:unknown|no such|invalid|expired|unable to locate) transaction\b",
)
# Sentences that promise a better moment.
_BUSY = _pattern(
    r"\bdead-?lock",
    r"\btime-?d?[ -]?out",
    r"\block(?:s|ed|ing)?\b",
    r"\bunavailable\b",
    r"\btry again\b",
    r"\bretry\b",
    r"\btemporar(?:y|ily)\b",
    r"\btoo many (?:connections|requests)\b",
    r"\bbusy\b",
    r"\bconnection (?:reset|refused|closed|pool)\b",
    r"\bnot (?:available|ready|responding)\b",
)
# Other wordings in which Pace turns a value or an object down.
_PACE_TURNS_DOWN = _pattern(
    r"\brequired\b",
    r"\bmandatory\b",
    r"\btoo long\b",
    r"\btoo large\b",
    r"\bexceeds?\b",
    r"\bmaximum length\b",
    r"\btruncat",
    r"\binvalid\b",
    r"\bnot (?:a )?valid\b",
    r"\bwrong type\b",
    r"\bcannot be\b",
    r"\bcan not be\b",
    r"\bmust (?:be|have|not)\b",
    r"\bis missing\b",
    r"\bmay not\b",
    r"\bnot allowed\b",
    r"\bdoes not (?:exist|belong|match)\b",
    r"\bno such\b",
    r"\balready exists\b",
    r"\bduplicate\b",
    r"\bunique\b",
    r"\bcredit hold\b",
    r"\bunable to (?:parse|convert|find)\b",
    r"\bunparseable\b",
    r"\bcannot deserialize\b",
    r"\bunrecognized\b",
)
_LICENSE_EXPIRED = _pattern(r"\blicen[cs]e\b.*\bexpired\b", r"\bexpired\b.*\blicen[cs]e\b")
_COMPANY = re.compile(r"/company:([^/?#]+)")
_LOGIN_REFUSED = _pattern(
    r"\bcredential",
    r"\bunauthori[sz]ed\b",
    r"\bnot authori[sz]ed\b",
    r"\bauthori[sz]ation has been denied\b",
    r"\binvalid (?:user|login|password|token)",
    r"\baccess (?:is )?denied\b",
)
_RIGHTS = {
    Vendor.PACE: "The Pace user also needs “Allow remote API usage”.",
    Vendor.PRESSERO: "The Pressero user must be an admin user with groups that may see this site and its orders.",
}


@dataclass(frozen=True)
class ClassifierRule:
    """One row: which outcomes it knows and what they mean."""

    name: str
    applies: Callable[[HttpOutcome], bool]
    error: Callable[[HttpOutcome], HubError]


def classify(outcome: HttpOutcome) -> HubError | None:
    """The error this outcome means; None for a success."""
    if outcome.trouble is None and outcome.status is not None and 200 <= outcome.status < 300:
        return None
    for rule in RULES:
        if rule.applies(outcome):
            return rule.error(outcome)
    return _open(outcome)


def _status(*codes: int) -> Callable[[HttpOutcome], bool]:
    return lambda outcome: outcome.status in codes


def _status_from(low: int, high: int) -> Callable[[HttpOutcome], bool]:
    return lambda outcome: outcome.status is not None and low <= outcome.status <= high


def _trouble(*kinds: Trouble) -> Callable[[HttpOutcome], bool]:
    return lambda outcome: outcome.trouble in kinds


def says_unknown_here(text: str) -> bool:
    """Whether an error answer says that Pace knows no such field or object: it would say so about any job."""
    return _UNKNOWN_HERE.search(stated_message(text)) is not None


def says_transaction_ended(text: str) -> bool:
    """Whether an error answer says that its transaction is not there (any more)."""
    return _TRANSACTION_ENDED.search(stated_message(text)) is not None


def _pace_says(pattern: re.Pattern[str], *, at_commit: bool) -> Callable[[HttpOutcome], bool]:
    """A 500 by which Pace itself speaks. With `at_commit` False the row does not know commits: what it matches
    does not tell whether the data was stored before the complaint."""
    return lambda outcome: (
        outcome.vendor is Vendor.PACE
        and outcome.status == 500
        and (at_commit or outcome.verb is not Verb.COMMIT)
        and pattern.search(stated_message(outcome.text)) is not None
    )


def _commit_without_transaction(outcome: HttpOutcome) -> bool:
    """Pace knows the transaction no longer: rolled back, or committed by an earlier answer that got lost."""
    return outcome.verb is Verb.COMMIT and (outcome.status == 404 or says_transaction_ended(outcome.text))


def _refuses_login(outcome: HttpOutcome) -> bool:
    return outcome.status in (400, 422) and _LOGIN_REFUSED.search(stated_message(outcome.text)) is not None


def _no_such_service(outcome: HttpOutcome) -> bool:
    """Pace speaks JSON; a 404 without it comes from something that is not Pace's API."""
    return outcome.vendor is Vendor.PACE and outcome.status == 404 and not stated_message(outcome.text)


def _license_expired(outcome: HttpOutcome) -> bool:
    return (
        outcome.vendor is Vendor.PACE
        and outcome.status is not None
        and outcome.status >= 400
        and _LICENSE_EXPIRED.search(stated_message(outcome.text) or outcome.text[:EVIDENCE_LIMIT]) is not None
    )


def _company_refused(outcome: HttpOutcome) -> bool:
    """A 404 below an address that names a company: how REST addresses name one is not published."""
    return (
        outcome.vendor is Vendor.PACE
        and outcome.status == 404
        and _COMPANY.search(outcome.call) is not None
        and not says_transaction_ended(outcome.text)
    )


def _renew_license(outcome: HttpOutcome) -> HubError:
    return ConfigError(
        f"{outcome.system} did not {outcome.what} because its license has expired: {outcome.sentence.rstrip('.')}. Renew "
        "the license in Pace, then select Retry.",
        evidence=outcome.evidence,
        cause=CauseKind.LICENSE.of(outcome.system),
    )


def _company_in_address(outcome: HttpOutcome) -> HubError:
    found = _COMPANY.search(outcome.call)
    segment = f"company:{found[1]}" if found else "company:"
    said = f" It said: {outcome.sentence}" if outcome.sentence else ""
    return ConfigError(
        f"{outcome.system} answers nothing at an address with “{segment}” (HTTP 404 when asked to {outcome.what}).{said} If "
        f"this Pace has only one company, remove “{segment}” from the address in the settings; if it has several, ask EFI "
        "for the REST address of this company.",
        evidence=outcome.evidence,
        cause=CauseKind.COMPANY_IN_ADDRESS.of(outcome.system),
    )


def _bad_address(outcome: HttpOutcome) -> HubError:
    return ConfigError(
        f"{outcome.system} cannot be called: {outcome.detail}. Correct its address in the settings.",
        evidence=outcome.evidence,
        cause=CauseKind.ADDRESS.of(outcome.system),
    )


def _not_sent(outcome: HttpOutcome) -> HubError:
    return TransientError(
        f"{outcome.system} could not be reached to {outcome.what}: {outcome.masked(outcome.detail)}. Nothing was sent. If this continues, check that the server is running and that its address is correct.",
        surely_not_sent=True,
        evidence=outcome.evidence,
        cause=CauseKind.NOT_REACHABLE.of(outcome.system),
    )


def _redirected(outcome: HttpOutcome) -> HubError:
    target = redact_url(outcome.location)
    # The called path at the end of the target is not part of the address to be set.
    if outcome.path and target.partition("?")[0].endswith(outcome.path):
        target = target.partition("?")[0].removesuffix(outcome.path)
    advice = f"set the address to {target}" if target else "correct its address"
    return ConfigError(
        f"{outcome.system} answered with a redirect to {redact_url(outcome.location) or 'nowhere'} when asked to "
        f"{outcome.what}. In the settings, {advice}.",
        evidence=outcome.evidence,
        cause=CauseKind.REDIRECT.of(outcome.system),
    )


def _login_refused(outcome: HttpOutcome) -> HubError:
    said = f" It said: {outcome.sentence}" if outcome.sentence else ""
    return CredentialError(
        f"{outcome.system} rejected the login or its permissions when asked to {outcome.what} "
        f"(HTTP {outcome.status}).{said} Correct them in the settings. {_RIGHTS[outcome.vendor]}",
        evidence=outcome.evidence,
        cause=CauseKind.LOGIN.of(outcome.system),
    )


def _too_many_calls(outcome: HttpOutcome) -> HubError:
    wait = "" if outcome.retry_after is None else f" It asks to wait {outcome.retry_after:.0f} seconds."
    return TransientError(
        f"{outcome.system} is limiting our requests and did not {outcome.what} yet.{wait}",
        retry_after=outcome.retry_after,
        evidence=outcome.evidence,
        cause=CauseKind.TOO_MANY_CALLS.of(outcome.system),
    )


def _wrong_place(outcome: HttpOutcome) -> HubError:
    return ConfigError(
        f"{outcome.system} has no such service at its address: it answered 404, and not in the way of the Pace API, when asked to {outcome.what}. Check the address in the settings and that the Pace API is enabled there.",
        evidence=outcome.evidence,
        cause=CauseKind.NO_SUCH_SERVICE.of(outcome.system),
    )


def _refused(outcome: HttpOutcome) -> HubError:
    said = outcome.sentence or f"HTTP {outcome.status} without an explanation"
    return PermanentError(
        f"{outcome.system} refused to {outcome.what}: {said.rstrip('.')}. Correct the order, or the mapping or setting "
        "the value comes from, and retry.",
        evidence=outcome.evidence,
        cause=CauseKind.REFUSED.of(f"{outcome.system}: {said}"),
    )


def _busy(outcome: HttpOutcome) -> HubError:
    return TransientError(
        f"{outcome.system} was too busy to {outcome.what}: {outcome.sentence.rstrip('.')}.",
        evidence=outcome.evidence,
        cause=CauseKind.BUSY.of(outcome.system),
    )


def _transaction_ended(outcome: HttpOutcome) -> HubError:
    return TransientError(
        f"{outcome.system} did not {outcome.what}: {outcome.sentence.rstrip('.')}. Nothing of this transaction was saved.",
        evidence=outcome.evidence,
        cause=CauseKind.TRANSACTION_ENDED.of(outcome.system),
    )


def _open(outcome: HttpOutcome) -> HubError:
    """Nobody knows what was applied: harmless for what may be repeated, a matter to look into for a write."""
    ending = _ending(outcome)
    cause = CauseKind.NO_ANSWER.of(f"{outcome.system}: {outcome.trouble or f'HTTP {outcome.status}'}")
    if outcome.verb is Verb.READ:
        return TransientError(
            f"{outcome.system} did not {outcome.what}: {ending}.",
            retry_after=outcome.retry_after,
            evidence=outcome.evidence,
            cause=cause,
        )
    return OutcomeUnknown(
        f"{outcome.system} was asked to {outcome.what}, and {ending}. It may or may not have been done; the hub checks {outcome.vendor} before it writes again.",
        evidence=outcome.evidence,
        cause=cause,
    )


def _ending(outcome: HttpOutcome) -> str:
    if outcome.trouble is not None:
        return outcome.masked(outcome.detail)
    said = f" ({outcome.sentence.rstrip('.')})" if outcome.sentence else ""
    return f"it answered HTTP {outcome.status}{said}"


RULES: tuple[ClassifierRule, ...] = (
    ClassifierRule("no usable address", _trouble(Trouble.BAD_ADDRESS), _bad_address),
    ClassifierRule("no connection: surely not sent", _trouble(Trouble.NOT_CONNECTED), _not_sent),
    ClassifierRule("no usable answer", _trouble(*Trouble), _open),
    ClassifierRule("Pace's license has expired", _license_expired, _renew_license),
    ClassifierRule("redirect", _status_from(300, 399), _redirected),
    ClassifierRule("login refused", _status(401, 403), _login_refused),
    ClassifierRule("too many calls", _status(429), _too_many_calls),
    ClassifierRule("gateways and time limits of servers", _status(408, 502, 503, 504), _open),
    ClassifierRule("login refused in words", _refuses_login, _login_refused),
    ClassifierRule("a commit of nothing", _commit_without_transaction, _open),
    ClassifierRule(
        "a company in the address that Pace does not know there", _company_refused, _company_in_address
    ),
    ClassifierRule("not Pace's API at all", _no_such_service, _wrong_place),
    ClassifierRule("any other 4xx", _status_from(400, 499), _refused),
    ClassifierRule(
        "the transaction has ended", _pace_says(_TRANSACTION_ENDED, at_commit=False), _transaction_ended
    ),
    ClassifierRule("Pace names what is wrong", _pace_says(_PACE_REFUSES, at_commit=True), _refused),
    ClassifierRule("Pace is busy", _pace_says(_BUSY, at_commit=False), _busy),
    ClassifierRule("Pace turns a value down", _pace_says(_PACE_TURNS_DOWN, at_commit=True), _refused),
    ClassifierRule("anything else", lambda _: True, _open),
)
